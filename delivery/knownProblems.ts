import { stripVTControlCharacters } from "node:util";
import { errorsIn } from "entra-postgres/errors";
import type { Problem } from "./problem.ts";

/** The errors in a failed command's output, each once. */
export function knownProblems(output: string): Problem[] {
  return errorsIn(stripVTControlCharacters(output)).map((code) => ({ code }));
}
