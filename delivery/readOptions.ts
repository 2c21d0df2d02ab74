import { parseArgs } from "node:util";

/** Reads options that each take a value. @throws TypeError for anything else, with a sentence about it */
export function readOptions<N extends string>(names: readonly N[], args: readonly string[]) {
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  return parseArgs({ args: [...args], options }).values as Partial<Record<N, string>>;
}
