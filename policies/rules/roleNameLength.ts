import { ENTRA_PRINCIPAL, ROLE } from "../engine/resourceKind.ts";
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
  looksAt: [ENTRA_PRINCIPAL, ROLE],
  judge: ({ type, name, props }) => {
    const bytes = Buffer.byteLength(String((ROLE.is(type) ? props.name : props.roleName) ?? ""));
    return bytes > MAX_BYTES && `"${name}" names a role with ${bytes} bytes; at most ${MAX_BYTES} are kept.`;
  },
});
