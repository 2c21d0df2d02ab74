import { all } from "../engine/judging.ts";
import { ENTRA_PRINCIPAL, SECURITY_LABEL } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const noAdminPrincipal = resourceRule({
  name: "no-admin-principal",
  displayName: "No principal is an administrator",
  description:
    "A database principal must not be an administrator: it would have CREATEROLE, CREATEDB and azure_pg_admin.",
  severity: "critical",
  remediationSteps:
    "Leave isAdmin out (in a security label, the word admin), and give rights by a profile of SchemaAccess. Administrators are " +
    "resources of the server.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-manage-entra-users",
  framework: benchmark("PA-7", "Follow just enough administration (least privilege) principle"),
  tags: ["database", "application"],
  looksAt: [ENTRA_PRINCIPAL, SECURITY_LABEL],
  judge: ({ type, name, props }) => {
    if (ENTRA_PRINCIPAL.is(type)) {
      return props.isAdmin === true && `"${name}" is an administrator: isAdmin must be false.`;
    }
    const isAdmin = all(
      () => props.labelProvider === "pgaadauth",
      () => words(props.label).includes("admin"),
    );
    return isAdmin && `"${name}" labels a role as an administrator: take the word admin out of the label.`;
  },
});

/** `aadauth,oid=…,type=service,admin` */
function words(label: unknown): string[] {
  return String(label)
    .split(",")
    .map((word) => word.trim().toLowerCase());
}
