import type { AccessInputs, AccessState } from "../../components/access/accessInputs.ts";
import { joinedProfiles, PROFILES, type Profile, RIGHTS } from "../../components/access/profiles.ts";
import { identifier } from "../../components/postgres/quoting.ts";
import { once } from "./control.ts";
import type { Lifecycle } from "./stack.ts";

/**
 * The schema with the handling left out: the statements that a script or a resource for each of them runs, one transaction each, once, and
 * without a look at the server.
 */
export const schemaControl: Lifecycle<AccessInputs, AccessState> = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => {
    const fields = Object.keys(news) as (keyof AccessInputs)[];
    const changed = fields.filter((field) => JSON.stringify(olds[field]) !== JSON.stringify(news[field]));
    const replaces = changed.filter((field) => ["host", "database", "schema"].includes(field));
    return { changes: changed.length > 0, replaces };
  },
  create: async (inputs) => {
    await run(inputs, [
      ...names(inputs).map((role) => `CREATE ROLE ${role}`),
      `GRANT ${names(inputs).join(", ")} TO CURRENT_USER`,
      `CREATE SCHEMA ${identifier(inputs.schema)} AUTHORIZATION ${identifier(inputs.roles.owner)}`,
      ...PROFILES.flatMap((profile) => rightsOf(inputs, profile)),
      ...PROFILES.slice(0, 2).map((_, at) => `GRANT ${names(inputs)[at]} TO ${names(inputs)[at + 1]}`),
      ...memberships(inputs, "GRANT"),
    ]);
    return { id: inputs.schema, outs: { ...inputs, instance: "" } };
  },
  read: async (id, props) => ({ id, props }),
  update: async (_id, olds, news) => {
    await run(news, [...memberships(olds, "REVOKE"), ...memberships(news, "GRANT")]);
    return { outs: { ...olds, ...news } };
  },
  remove: async (_id, props) => {
    await run(props, [
      ...memberships(props, "REVOKE"),
      `DROP SCHEMA ${identifier(props.schema)} ${props.onDelete === "drop" ? "CASCADE" : ""}`,
      `DROP OWNED BY ${names(props).join(", ")}`,
      ...names(props).map((role) => `DROP ROLE ${role}`),
    ]);
  },
};

async function run(inputs: AccessInputs, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await once(inputs, statement);
}

function names({ roles }: AccessInputs): string[] {
  return PROFILES.map((profile) => identifier(roles[profile]));
}

function rightsOf({ database, schema, roles }: AccessInputs, profile: Profile): string[] {
  const [role, inSchema] = [identifier(roles[profile]), `IN SCHEMA ${identifier(schema)}`];
  return RIGHTS[profile].flatMap(({ objectType, privileges }) => {
    const words = privileges.join(", ");
    if (objectType === "database") return [`GRANT ${words} ON DATABASE ${identifier(database)} TO ${role}`];
    if (objectType === "schema") return [`GRANT ${words} ON SCHEMA ${identifier(schema)} TO ${role}`];
    const creator = `FOR ROLE ${identifier(roles.migrator)} ${inSchema}`;
    return [`ALTER DEFAULT PRIVILEGES ${creator} GRANT ${words} ON ${objectType.toUpperCase()}S TO ${role}`];
  });
}

function memberships({ members, roles, database, schema }: AccessInputs, verb: "GRANT" | "REVOKE"): string[] {
  return Object.entries(members).flatMap(([name, { profile }]) => {
    const joined = joinedProfiles(profile as Profile).map((each) => identifier(roles[each]));
    const settings = `ALTER ROLE ${identifier(name)} IN DATABASE ${identifier(database)}`;
    const actsAs = joined.includes(identifier(roles.migrator))
      ? [`${settings} SET role TO ${identifier(roles.migrator)}`]
      : [];
    return verb === "GRANT"
      ? [
          `GRANT ${joined.join(", ")} TO ${identifier(name)}`,
          `${settings} SET search_path TO ${identifier(schema)}, public`,
          ...actsAs,
        ]
      : [`REVOKE ${joined.join(", ")} FROM ${identifier(name)}`, `${settings} RESET ALL`];
  });
}
