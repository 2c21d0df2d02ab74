/** What an application's name that is not allowed may have been meant to be; of none that is taken, and taken from then on. */
export function allowedName(name: string, taken: Set<string>): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const longest = 31;
  const start =
    words
      .join("-")
      .replace(/^[^a-z]+/, "")
      .slice(0, longest) || "orders";
  const free = firstFree(start, { separator: "-", longest }, (each) => !taken.has(each));
  taken.add(free);
  return free;
}

/** The name, or else the name with the first number at its end that makes it free. */
export function firstFree(
  name: string,
  { separator, longest }: { separator: string; longest: number },
  isFree: (name: string) => boolean,
): string {
  for (let candidate = name, number = 2; ; number++) {
    if (isFree(candidate)) return candidate;
    const end = `${separator}${number}`;
    candidate = name.slice(0, longest - end.length) + end;
  }
}
