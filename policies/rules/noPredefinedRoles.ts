import { anyOf } from "../engine/judging.ts";
import { ENTRA_PRINCIPAL, GRANT_ROLE, ROLE, SCHEMA_ACCESS } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { list } from "../engine/setting.ts";

/** Attributes that reach beyond any schema. */
const ATTRIBUTES = ["superuser", "createRole", "createDatabase", "replication", "bypassRowLevelSecurity"];

export const noPredefinedRoles = resourceRule<{ allowed: string[] }>({
  name: "no-predefined-roles",
  displayName: "No predefined roles, no attributes",
  description:
    "No role may be a member of azure_pg_admin or of a predefined role, or have an attribute that reaches beyond its schema.",
  severity: "critical",
  remediationSteps:
    "Make the role a member of a schema (members of SchemaAccess), and leave attributes out. " +
    "Add an intended predefined role, such as pg_monitor, to the rule's `allowed`.",
  url: "https://www.postgresql.org/docs/current/predefined-roles.html",
  framework: benchmark("PA-7", "Follow just enough administration (least privilege) principle"),
  tags: ["database", "application"],
  settings: {
    allowed: list(
      { type: "string", pattern: "^pg_[a-z_]+$" },
      [],
      "Predefined roles that may be granted, such as `pg_monitor`",
    ),
  },
  looksAt: [GRANT_ROLE, ROLE, ENTRA_PRINCIPAL, SCHEMA_ACCESS],
  judge: ({ type, name, props }, { allowed }) => {
    const isPredefined = (role: unknown) => /^(pg|azure)_/i.test(String(role)) && !allowed.includes(String(role));
    const message = `"${name}" makes a role a member of azure_pg_admin or of a predefined role.`;
    if (GRANT_ROLE.is(type)) {
      return [
        () => isPredefined(props.grantRole) && message,
        () => props.withAdminOption === true && `"${name}" lets a member add members: withAdminOption must be false.`,
      ];
    }
    if (SCHEMA_ACCESS.is(type)) {
      return ["members", "grants"].map((list) => () => {
        const named = Object.keys(props[list] ?? {}).filter(isPredefined);
        return named.length > 0 && `"${name}" names a predefined role in ${list}: ${named.join(", ")}.`;
      });
    }
    const attributes = ROLE.is(type) ? ATTRIBUTES : [];
    return [
      () => anyOf<unknown>(ROLE.is(type) ? props.roles : props.memberOf, isPredefined) && message,
      ...attributes.map(
        (attribute) => () => props[attribute] === true && `"${name}" has the attribute ${attribute}: leave it out.`,
      ),
    ];
  },
});
