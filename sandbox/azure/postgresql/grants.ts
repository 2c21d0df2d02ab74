import type { Props } from "../providerHost.ts";
import type { Query } from "./connection.ts";
import { grantType, roleOid, targetExists, withGranted } from "./grantType.ts";
import { databaseOwner, exists, lockDatabase, lockRole, missing, withRoles } from "./memberships.ts";
import { isOutsideSchemas, OBJECT_TYPES } from "./objectTypes.ts";
import { inSetOrder, privilegeWords, samePrivileges } from "./privileges.ts";
import { PROPERTIES } from "./properties.ts";
import { flag, quoted, text, texts } from "./resourceType.ts";

/** Privileges on objects. Source: postgresql/resource_postgresql_grant.go of the Terraform provider that the plugin wraps. */
export const grants = grantType({
  token: "postgresql:index/grant:Grant",
  deleteBeforeReplace: true,
  properties: {
    ...PROPERTIES.Grant,
    objectType: { ...PROPERTIES.Grant.objectType, kind: "string", values: Object.keys(OBJECT_TYPES) },
  },

  async transaction(server, state, work) {
    const database = text(state, "database");
    await server.transaction(database, async (query) => {
      await lockRole(query, text(state, "role"));
      if (text(state, "objectType") === "database") await lockDatabase(query, database);
      await withRoles(query, await owners(query, state), () => work(query));
    });
  },

  grant(wanted) {
    checkTarget(wanted);
    const privileges = privilegeWords(text(wanted, "objectType"), texts(wanted, "privileges"));
    if (privileges === "") return undefined;
    const option = flag(wanted, "withGrantOption") ? " WITH GRANT OPTION" : "";
    return `GRANT ${onTarget(wanted, privileges)} TO ${quoted(wanted, "role")}${option}`;
  },

  /** Takes back only the privileges of named objects, so that those on their columns stay; else all privileges. */
  revoke(state) {
    const objectType = text(state, "objectType");
    const privileges = texts(state, "privileges");
    if (objectType === "column" && (privileges.length === 0 || texts(state, "columns").length === 0)) return undefined;
    const named = OBJECT_TYPES[objectType]?.acl === undefined && texts(state, "objects").length > 0;
    const words = named && privileges.length > 0 ? privilegeWords(objectType, privileges) : "ALL PRIVILEGES";
    return `REVOKE ${onTarget(state, words)} FROM ${quoted(state, "role")}`;
  },

  async read(server, _id, state) {
    const database = text(state, "database");
    if (!(await server.session("", (query) => exists(query, "database", database)))) return undefined;
    return await server.session(database, async (query) => {
      if (!(await targetExists(query, state))) return undefined;
      return { id: grantId(state), state: await readPrivileges(query, state) };
    });
  },
});

/** Refuses a grant that PostgreSQL has no statement for. Like the plugin it does so at the update, not in a preview. */
function checkTarget(state: Props): void {
  const objectType = text(state, "objectType");
  const [objects, columns] = [texts(state, "objects").length, texts(state, "columns").length];
  const isColumn = objectType === "column";
  const problem =
    (text(state, "schema") === "" && !isOutsideSchemas(objectType) && "parameter 'schema' is mandatory") ||
    (objects > 0 && ["database", "schema"].includes(objectType) && "objects cannot be given") ||
    (columns > 0 && !isColumn && "columns cannot be given") ||
    (isColumn && columns === 0 && "columns must be given") ||
    (isColumn && texts(state, "privileges").length !== 1 && "exactly 1 privilege must be given") ||
    (isColumn && objects !== 1 && "exactly 1 table must be given in objects") ||
    (objectType.startsWith("foreign_") && objects !== 1 && "exactly 1 name must be given in objects");
  if (problem) throw new Error(`In a grant with objectType ${objectType} ${problem}.`);
}

/** `privileges ON what`, the part that GRANT and REVOKE share. */
function onTarget(state: Props, privileges: string): string {
  const columns = inSetOrder(texts(state, "columns")).map((name) => quoted({ name }, "name"));
  const words = columns.length > 0 ? `${privileges} (${columns.join(",")})` : privileges;
  return `${words} ON ${OBJECT_TYPES[text(state, "objectType")]?.target(state)}`;
}

/** Source of the form: `generateGrantID`. */
function grantId(state: Props): string {
  const objectType = text(state, "objectType");
  const schema = isOutsideSchemas(objectType) ? [] : [text(state, "schema")];
  const names = ["objects", "columns"].flatMap((name) => inSetOrder(texts(state, name)));
  return [text(state, "role"), text(state, "database"), ...schema, objectType, ...names].join("_");
}

/** Owners of a schema and of its tables: only a member of these roles can grant on them. */
async function owners(query: Query, state: Props): Promise<string[]> {
  const objectType = text(state, "objectType");
  if (isOutsideSchemas(objectType)) return [];
  const [database, schema] = [text(state, "database"), text(state, "schema")];
  const rows = await query<{ owner: string }>(
    `SELECT tableowner::text AS owner FROM pg_tables WHERE schemaname = $1 AND $2
    UNION SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = $1 ORDER BY owner`,
    [schema, objectType !== "schema"],
  );
  if (rows.length === 0) throw missing(`schema ${schema} in database ${database}`);
  const names = rows.map(({ owner }) => (owner === "pg_database_owner" ? databaseOwner(query, database) : owner));
  return [...new Set(await Promise.all(names))];
}

/** The state with the granted privileges in it, unless they are the wanted ones. */
async function readPrivileges(query: Query, state: Props): Promise<Props> {
  const objectType = text(state, "objectType");
  if (objectType === "column") return await readColumns(query, state);
  const grantee = await roleOid(query, text(state, "role"));
  const { acl, name } = OBJECT_TYPES[objectType] ?? {};
  if (acl && name) {
    const [catalog, nameColumn, aclColumn] = acl;
    const rows = await query<{ word: string }>(
      `SELECT DISTINCT a.privilege_type AS word FROM ${catalog} o, aclexplode(o.${aclColumn}) a
      WHERE o.${nameColumn} = $1 AND a.grantee = $2 ORDER BY 1`,
      [name(state), grantee],
    );
    const granted = rows.map(({ word }) => word);
    return withGranted(state, granted);
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
  const [objects, privileges] = [texts(state, "objects"), texts(state, "privileges")];
  const named = rows.filter((row) => objects.length === 0 || objects.includes(row.name));
  const other = named.find(({ words }) => !samePrivileges(objectType, words, privileges));
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
