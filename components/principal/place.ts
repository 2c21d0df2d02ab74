import type { PrincipalInputs } from "./inputs.ts";

/** Where it happened, as errors and progress name it. */
export function place(inputs: Pick<PrincipalInputs, "roleName" | "host" | "port" | "database">): string {
  return `role "${inputs.roleName}" on ${inputs.host}:${inputs.port}/${inputs.database}`;
}
