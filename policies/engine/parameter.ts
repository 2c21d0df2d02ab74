import type { Seen } from "./judging.ts";

/** Whether a server parameter is one of these. Azure and PostgreSQL do not tell upper from lower case in the names of parameters. */
export function isParameter({ props }: Seen, ...names: readonly string[]): boolean {
  return names.includes(String(props.configurationName).toLowerCase());
}
