import type { Seen } from "./judging.ts";

/** Whether a server parameter is one of these. Names of parameters have no case in Azure and PostgreSQL. */
export function isParameter({ props }: Seen, ...names: readonly string[]): boolean {
  return names.includes(String(props.configurationName).toLowerCase());
}
