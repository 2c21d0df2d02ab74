/** One thing that is made first, and one that needs it. */
export type Arrow = readonly [first: string, then: string];

/**
 * The fewest arrows that tell as much as all of them do: one is left out where others lead the same way. What goes round in a circle stays
 * reachable, by some of its arrows.
 */
export function fewestArrows(arrows: readonly Arrow[]): Arrow[] {
  const next = new Map<string, Set<string>>();
  for (const [first, then] of arrows) {
    if (first !== then) next.set(first, (next.get(first) ?? new Set()).add(then));
  }
  for (const [first, targets] of next) {
    for (const then of [...targets]) {
      targets.delete(then);
      if (!leads(first, then, next)) targets.add(then);
    }
  }
  return [...next].flatMap(([first, targets]) => [...targets].map((then) => [first, then] as const));
}

function leads(from: string, to: string, next: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const [seen, waiting] = [new Set([from]), [from]];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    for (const then of next.get(each) ?? []) {
      if (then === to) return true;
      if (!seen.has(then)) waiting.push(then);
      seen.add(then);
    }
  }
  return false;
}
