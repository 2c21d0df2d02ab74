import { escapeIdentifier } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query, Server } from "./connection.ts";
import { checkTarget, isOutsideSchemas, OBJECT_TYPES, onTarget, placeExists, revokeStatement } from "./grantTargets.ts";
import { databaseOwner, exists, lockDatabase, lockRole, withRoles } from "./memberships.ts";
import { inSetOrder, privilegeWords, samePrivileges } from "./privileges.ts";
import { type Found, flag, type ResourceType, SET, text, texts } from "./resourceType.ts";

/** Privileges on objects. Source: postgresql/resource_postgresql_grant.go of the Terraform provider that the plugin wraps. */
export const grants: ResourceType = {
  token: "postgresql:index/grant:Grant",
  importable: false,
  deleteBeforeReplace: true,
  properties: {
    role: { kind: "string", required: true, replaces: true },
    database: { kind: "string", required: true, replaces: true },
    schema: { kind: "string", replaces: true },
    objectType: { kind: "string", required: true, replaces: true, values: OBJECT_TYPES },
    objects: { ...SET, replaces: true },
    columns: { ...SET, replaces: true },
    privileges: { ...SET, required: true },
    withGrantOption: { kind: "boolean", default: false, replaces: true },
  },

  async create(server, wanted) {
    await apply(server, wanted, wanted);
  },

  read,

  async update(server, before, wanted) {
    await apply(server, wanted, { ...wanted, privileges: before.privileges });
  },

  async delete(server, state) {
    await withLocks(server, state, async (query) => {
      const sql = revokeStatement(state);
      if (sql !== undefined) await query(sql);
    });
  },
};

/** Takes the privileges back and gives the wanted ones in one transaction, so that the role is never without them. */
async function apply(server: Server, wanted: Props, revoked: Props): Promise<void> {
  checkTarget(wanted);
  const privileges = privilegeWords(text(wanted, "objectType"), texts(wanted, "privileges"));
  await withLocks(server, wanted, async (query) => {
    const sql = revokeStatement(revoked);
    if (sql !== undefined) await query(sql);
    if (privileges === "") return;
    const option = flag(wanted, "withGrantOption") ? " WITH GRANT OPTION" : "";
    await query(`GRANT ${onTarget(wanted, privileges)} TO ${escapeIdentifier(text(wanted, "role"))}${option}`);
  });
}

async function withLocks(server: Server, state: Props, work: (query: Query) => Promise<void>): Promise<void> {
  const database = text(state, "database");
  await server.transaction(database, async (query) => {
    await lockRole(query, text(state, "role"));
    if (text(state, "objectType") === "database") await lockDatabase(query, database);
    await withRoles(query, await owners(query, state), () => work(query));
  });
}

async function read(server: Server, _id: string, state: Props): Promise<Found | undefined> {
  const database = text(state, "database");
  if (!(await server.session("", (query) => exists(query, "database", database)))) return undefined;
  return await server.session(database, async (query) => {
    if (!(await placeExists(query, state))) return undefined;
    return { id: grantId(state), state: await readPrivileges(query, state) };
  });
}

/** Source of the form: `generateGrantID`. */
function grantId(state: Props): string {
  const objectType = text(state, "objectType");
  return [
    text(state, "role"),
    text(state, "database"),
    ...(isOutsideSchemas(objectType) ? [] : [text(state, "schema")]),
    objectType,
    ...inSetOrder(texts(state, "objects")),
    ...inSetOrder(texts(state, "columns")),
  ].join("_");
}

/** Owners of a schema and of its tables: who grants on these has to be a member of theirs. */
async function owners(query: Query, state: Props): Promise<string[]> {
  const objectType = text(state, "objectType");
  if (isOutsideSchemas(objectType)) return [];
  const rows = await query<{ owner: string }>(
    `SELECT tableowner::text AS owner FROM pg_tables WHERE schemaname = $1 AND $2
    UNION SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = $1 ORDER BY owner`,
    [text(state, "schema"), objectType !== "schema"],
  );
  if (rows.length === 0) {
    throw new Error(
      `There is no schema ${text(state, "schema")} in database ${text(state, "database")}. Create it first, or name another one.`,
    );
  }
  const names: string[] = [];
  for (const { owner } of rows) {
    names.push(owner === "pg_database_owner" ? await databaseOwner(query, text(state, "database")) : owner);
  }
  return [...new Set(names)];
}

const WHOLE_OBJECTS: Readonly<Record<string, { sql: string; name: (state: Props) => string }>> = {
  database: {
    sql: "SELECT 1 FROM pg_database o, aclexplode(o.datacl) a WHERE o.datname = $1",
    name: (state) => text(state, "database"),
  },
  schema: {
    sql: "SELECT 1 FROM pg_namespace o, aclexplode(o.nspacl) a WHERE o.nspname = $1",
    name: (state) => text(state, "schema"),
  },
  foreign_data_wrapper: {
    sql: "SELECT 1 FROM pg_foreign_data_wrapper o, aclexplode(o.fdwacl) a WHERE o.fdwname = $1",
    name: (state) => texts(state, "objects")[0] ?? "",
  },
  foreign_server: {
    sql: "SELECT 1 FROM pg_foreign_server o, aclexplode(o.srvacl) a WHERE o.srvname = $1",
    name: (state) => texts(state, "objects")[0] ?? "",
  },
};

/** The state with what is granted in fact, where that is something else than what is wanted. */
async function readPrivileges(query: Query, state: Props): Promise<Props> {
  const objectType = text(state, "objectType");
  if (objectType === "column") return await readColumns(query, state);
  const grantee = await roleOid(query, text(state, "role"));
  const whole = WHOLE_OBJECTS[objectType];
  if (whole) {
    const sql = whole.sql.replace("SELECT 1", "SELECT DISTINCT a.privilege_type AS word");
    const rows = await query<{ word: string }>(`${sql} AND a.grantee = $2 ORDER BY 1`, [whole.name(state), grantee]);
    return withGranted(
      state,
      rows.map(({ word }) => word),
    );
  }
  const functions = ["function", "procedure", "routine"].includes(objectType);
  const [catalog, prefix] = functions ? ["pg_proc", "pro"] : ["pg_class", "rel"];
  const rows = await query<{ name: string; words: string[] }>(
    `SELECT o.${prefix}name AS name, ARRAY(SELECT DISTINCT a.privilege_type FROM ${catalog} s, aclexplode(s.${prefix}acl) a
      WHERE s.${prefix}name = o.${prefix}name AND s.${prefix}namespace = o.${prefix}namespace AND a.grantee = $1 ORDER BY 1) AS words
    FROM ${catalog} o JOIN pg_namespace n ON n.oid = o.${prefix}namespace
    WHERE n.nspname = $2 ${functions ? "" : "AND o.relkind = $3"} ORDER BY o.${prefix}name`,
    [grantee, text(state, "schema"), ...(functions ? [] : [objectType === "sequence" ? "S" : "r"])],
  );
  const objects = texts(state, "objects");
  const other = rows.find(
    ({ name, words }) =>
      (objects.length === 0 || objects.includes(name)) &&
      !samePrivileges(objectType, words, texts(state, "privileges")),
  );
  return other ? { ...state, privileges: other.words } : state;
}

async function readColumns(query: Query, state: Props): Promise<Props> {
  const rows = await query<{ name: string }>(
    `SELECT DISTINCT c.attname AS name FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
      JOIN pg_attribute c ON c.attrelid = t.oid, aclexplode(c.attacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE r.rolname = $1 AND n.nspname = $2 AND t.relname = $3 AND t.relkind = 'r' AND a.privilege_type = $4`,
    [text(state, "role"), text(state, "schema"), texts(state, "objects")[0], texts(state, "privileges")[0]],
  );
  const granted = rows.map(({ name }) => name);
  return { ...state, columns: texts(state, "columns").filter((name) => granted.includes(name)) };
}

/** @throws Error when there is no such role */
export async function roleOid(query: Query, role: string): Promise<number> {
  if (role === "public") return 0;
  const rows = await query<{ oid: number }>("SELECT oid FROM pg_roles WHERE rolname = $1", [role]);
  if (!rows[0]) throw new Error(`There is no role ${role}. Create it first, or name another one.`);
  return rows[0].oid;
}

/** The state with the granted privileges in it, unless they are the wanted ones. */
export function withGranted(state: Props, granted: string[]): Props {
  const same = samePrivileges(text(state, "objectType"), granted, texts(state, "privileges"));
  return same ? state : { ...state, privileges: granted };
}
