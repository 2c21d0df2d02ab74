import type { Program } from "../../../tools/harness/program.ts";

/** A stack, and a session on its server from which nothing is hidden. */
interface Deployment {
  program: Program;
  asService(sql: string, database?: string): Promise<Record<string, unknown>[]>;
}

/**
 * All that a refused change must leave alone, a line each: the resources in the stack's state, what Azure has, and of the server the roles, memberships, login
 * settings, databases, schemas, rights on what is in them, and owner marks.
 */
export async function whole(trial: Deployment): Promise<string[]> {
  const { program } = trial;
  const state = (await program.resources())
    .filter(({ type }) => /^(azure-native|postgresql|pulumi-nodejs):/.test(type))
    .map(({ urn, id, inputs, outputs }) => [urn, id, readable(inputs), readable(outputs)]);
  const azure = program.sandbox.azure
    .resources()
    .map(({ state: { etag, systemData, ...same }, ...rest }) => [rest, same]);
  const databases = await trial.asService("SELECT datname::text AS name FROM pg_database WHERE datallowconn");
  const inside = await Promise.all(
    databases.map(async ({ name }) => [name, await trial.asService(IN_DATABASE, String(name))] as const),
  );
  const catalogs = [
    ...(await trial.asService(OF_SERVER)),
    ...inside.flatMap(([name, rows]) => rows.map((row) => [name, row])),
  ];
  return [...state, ...azure, ...catalogs].map((line) => JSON.stringify(line)).sort();
}

/** The engine encrypts a secret again each time, with another result. */
function readable(values: object | undefined): unknown {
  return JSON.parse(JSON.stringify(values ?? {}, (name, value) => (name === "ciphertext" ? "" : value)));
}

const OF_SERVER = `
  SELECT 'role' AS what, concat_ws(' ', oid, rolname, rolcanlogin, rolcreaterole, shobj_description(oid, 'pg_authid')) AS is FROM pg_authid
  UNION ALL SELECT 'membership', concat_ws(' ', roleid, member, grantor, admin_option, inherit_option, set_option) FROM pg_auth_members
  UNION ALL SELECT 'settings', concat_ws(' ', setdatabase, setrole, setconfig) FROM pg_db_role_setting
  UNION ALL SELECT 'database', concat_ws(' ', oid, datname, datdba, datacl) FROM pg_database`;

const IN_DATABASE = `
  SELECT 'schema' AS what, concat_ws(' ', oid, nspname, nspowner, nspacl, obj_description(oid, 'pg_namespace')) AS is
    FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
  UNION ALL SELECT 'object', concat_ws(' ', oid, relname, relowner, relacl) FROM pg_class WHERE relnamespace >= 16384 OR relnamespace = 2200
  UNION ALL SELECT 'defaults', concat_ws(' ', defaclrole, defaclnamespace, defaclobjtype, defaclacl) FROM pg_default_acl`;
