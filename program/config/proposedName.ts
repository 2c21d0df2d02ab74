import { LONGEST_APP_NAME } from "./appFields.ts";

/** A valid application name made of an invalid one, that is not taken; it is taken from then on. */
export function proposedAppName(name: string, taken: Set<string>): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const start = words
    .join("-")
    .replace(/^[^a-z]+/, "")
    .slice(0, LONGEST_APP_NAME);
  const form = { separator: "-", longest: LONGEST_APP_NAME };
  const free = firstFreeName(start || "orders", form, (each) => !taken.has(each));
  taken.add(free);
  return free;
}

/** The name, or else the name with the first number at its end that makes it free. */
export function firstFreeName(
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
