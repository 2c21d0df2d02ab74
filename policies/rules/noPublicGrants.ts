import { all } from "../engine/judging.ts";
import { DEFAULT_PRIVILEGES, GRANT, SCHEMA, SCHEMA_ACCESS } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const noPublicGrants = resourceRule({
  name: "no-public-grants",
  displayName: "No grants to PUBLIC",
  description: "No right may be granted to PUBLIC, which is every role of the server, or in the schema public.",
  severity: "high",
  remediationSteps: "Grant to the role of a profile, in a schema of the application's own (SchemaAccess).",
  url: "https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PUBLIC",
  framework: benchmark("PA-7", "Follow just enough administration (least privilege) principle"),
  tags: ["database", "application"],
  looksAt: [GRANT, DEFAULT_PRIVILEGES, SCHEMA, SCHEMA_ACCESS],
  judge: ({ type, name, props }) => {
    if (SCHEMA.is(type)) return isPublic(props.name) && `"${name}" works in the schema public: name another.`;
    if (SCHEMA_ACCESS.is(type)) {
      return Object.keys(props.grants ?? {}).some(isPublic) && `"${name}" grants to PUBLIC, every role of the server.`;
    }
    // A grant without privileges revokes PostgreSQL's default grants.
    const grants = () => props.privileges?.length > 0;
    return [
      () => all(() => isPublic(props.role), grants) && `"${name}" grants to PUBLIC, every role of the server.`,
      () => all(() => isPublic(props.schema), grants) && `"${name}" grants in the schema public: name another.`,
    ];
  },
});

function isPublic(word: unknown): boolean {
  return String(word).toLowerCase() === "public";
}
