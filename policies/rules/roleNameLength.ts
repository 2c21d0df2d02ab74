import type { ResourceValidationArgs } from "@pulumi/policy";
import { ENTRA_PRINCIPAL, ROLE, SCHEMA_ACCESS } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

/** NAMEDATALEN - 1: PostgreSQL truncates longer names without an error. */
const MAX_BYTES = 63;

export const roleNameLength = resourceRule({
  name: "role-name-length",
  displayName: "Role names fit PostgreSQL's limit",
  description: "The name of a role must have at most 63 bytes: PostgreSQL cuts a longer one without an error.",
  severity: "medium",
  remediationSteps:
    "Give the identity, the VM or rolePrefix a shorter name. Letters outside ASCII have two to four bytes.",
  url: "https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS",
  framework: benchmark("IM-3", "Manage application identities securely and automatically"),
  tags: ["database", "application"],
  looksAt: [ENTRA_PRINCIPAL, ROLE, SCHEMA_ACCESS],
  judge: (role) => {
    const bytes = Math.max(0, ...namesOf(role).map((name) => Buffer.byteLength(name)));
    return bytes > MAX_BYTES && `"${role.name}" names a role with ${bytes} bytes; at most ${MAX_BYTES} are kept.`;
  },
});

function namesOf({ type, props }: Pick<ResourceValidationArgs, "type" | "props">): string[] {
  if (SCHEMA_ACCESS.is(type)) return Object.values(props.roles ?? {}).map(String);
  return [String((ROLE.is(type) ? props.name : props.roleName) ?? "")];
}
