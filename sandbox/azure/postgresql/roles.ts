import { escapeIdentifier, escapeLiteral } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query } from "./connection.ts";
import { lockRole, withRoles } from "./memberships.ts";
import { PROPERTIES } from "./properties.ts";
import { changedNames, flag, integer, quoted, type ResourceType, text, texts } from "./resourceType.ts";

/** Options of CREATE and ALTER ROLE by property. */
const OPTIONS: Readonly<Record<string, (wanted: Props) => string>> = {
  validUntil(wanted) {
    const value = text(wanted, "validUntil");
    return `VALID UNTIL ${value === "" || value.toLowerCase() === "infinity" ? "'infinity'" : escapeLiteral(value)}`;
  },
  connectionLimit: (wanted) => `CONNECTION LIMIT ${integer(wanted, "connectionLimit", -1)}`,
  superuser: (wanted) => (flag(wanted, "superuser") ? "SUPERUSER" : "NOSUPERUSER"),
  createDatabase: (wanted) => (flag(wanted, "createDatabase") ? "CREATEDB" : "NOCREATEDB"),
  createRole: (wanted) => (flag(wanted, "createRole") ? "CREATEROLE" : "NOCREATEROLE"),
  inherit: (wanted) => (wanted.inherit === false ? "NOINHERIT" : "INHERIT"),
  login: (wanted) => (flag(wanted, "login") ? "LOGIN" : "NOLOGIN"),
  bypassRowLevelSecurity: (wanted) => (flag(wanted, "bypassRowLevelSecurity") ? "BYPASSRLS" : "NOBYPASSRLS"),
  replication: (wanted) => (flag(wanted, "replication") ? "REPLICATION" : "NOREPLICATION"),
};

/** Settings of ALTER ROLE by property. */
const SETTINGS: Readonly<Record<string, (wanted: Props) => string>> = {
  statementTimeout: (wanted) => timeout("statement_timeout", integer(wanted, "statementTimeout", 0)),
  idleInTransactionSessionTimeout: (wanted) =>
    timeout("idle_in_transaction_session_timeout", integer(wanted, "idleInTransactionSessionTimeout", 0)),
  assumeRole: (wanted) =>
    text(wanted, "assumeRole") === "" ? "RESET ROLE" : `SET ROLE TO ${quoted(wanted, "assumeRole")}`,
};

/** A role. Source: postgresql/resource_postgresql_role.go of the Terraform provider that the plugin wraps. */
export const roles: ResourceType = {
  token: "postgresql:index/role:Role",
  importable: true,
  properties: PROPERTIES.Role,

  async create(server, wanted) {
    await server.transaction("", async (query) => {
      const options = Object.values(OPTIONS).map((option) => option(wanted));
      await query(`CREATE ROLE ${quoted(wanted, "name")} WITH ${options.join(" ")}`);
      await configure(query, {}, wanted);
    });
  },

  async update(server, before, wanted) {
    const [old, name] = [quoted(before, "name"), quoted(wanted, "name")];
    await server.transaction("", async (query) => {
      await lockRole(query, text(before, "name"));
      if (old !== name) await query(`ALTER ROLE ${old} RENAME TO ${name}`);
      for (const property of changedNames(roles, before, wanted)) {
        if (OPTIONS[property]) await query(`ALTER ROLE ${name} WITH ${OPTIONS[property](wanted)}`);
      }
      const granted = await query<{ role: string }>(
        `SELECT DISTINCT pg_get_userbyid(m.roleid)::text AS role FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
        WHERE r.rolname = $1`,
        [text(wanted, "name")],
      );
      for (const { role } of granted) await query(`REVOKE ${escapeIdentifier(role)} FROM ${name}`);
      await configure(query, before, wanted);
    });
  },

  async delete(server, state) {
    const name = quoted(state, "name");
    await server.transaction("", async (query) => {
      await lockRole(query, text(state, "name"));
      if (!flag(state, "skipReassignOwned")) {
        await withRoles(query, [text(state, "name")], async () => {
          await query(`REASSIGN OWNED BY ${name} TO ${escapeIdentifier(server.user)}`);
          await query(`DROP OWNED BY ${name}`);
        });
      }
      if (!flag(state, "skipDropRole")) await query(`DROP ROLE ${name}`);
    });
  },

  async read(server, id, state) {
    const rows = await server.session("", (query) =>
      query<Props & { config: string[] | null }>(
        `SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolinherit AS inherit, r.rolcreaterole AS "createRole",
          r.rolcreatedb AS "createDatabase", r.rolcanlogin AS login, r.rolreplication AS replication,
          r.rolbypassrls AS "bypassRowLevelSecurity", r.rolconnlimit AS "connectionLimit",
          coalesce(r.rolvaliduntil::text, 'infinity') AS "validUntil", r.rolconfig AS config,
          ARRAY(SELECT DISTINCT pg_get_userbyid(m.roleid)::text FROM pg_auth_members m WHERE m.member = r.oid ORDER BY 1) AS roles
        FROM pg_roles r WHERE r.rolname = $1`,
        [id],
      ),
    );
    if (!rows[0]) return undefined;
    const { config, ...found } = rows[0];
    const setting = (name: string) => config?.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    const paths = setting("search_path")?.split(", ");
    const shown = {
      encryptedPassword: true,
      searchPaths: paths?.map((path) => path.replace(/^"|"$/g, "")),
      statementTimeout: Number.parseInt(setting("statement_timeout") ?? "0", 10),
      idleInTransactionSessionTimeout: Number.parseInt(setting("idle_in_transaction_session_timeout") ?? "0", 10),
      assumeRole: setting("role") ?? "",
    };
    return { id, state: { skipDropRole: false, skipReassignOwned: false, ...state, ...found, ...shown } };
  },
};

/** Grants the roles and sets the settings of a role without memberships. */
async function configure(query: Query, before: Props, wanted: Props): Promise<void> {
  const name = quoted(wanted, "name");
  for (const granted of texts(wanted, "roles")) await query(`GRANT ${escapeIdentifier(granted)} TO ${name}`);
  const paths = texts(wanted, "searchPaths");
  const wrong = paths.find((path) => path.includes(", "));
  if (wrong !== undefined) throw new Error(`searchPaths has "${wrong}"; a name in it cannot hold ", ".`);
  const value = paths.map((path) => escapeIdentifier(path)).join(", ") || "DEFAULT";
  await query(`ALTER ROLE ${name} SET search_path TO ${value}`);
  for (const property of changedNames(roles, before, wanted)) {
    if (SETTINGS[property]) await query(`ALTER ROLE ${name} ${SETTINGS[property](wanted)}`);
  }
}

function timeout(parameter: string, milliseconds: number): string {
  return milliseconds === 0 ? `RESET ${parameter}` : `SET ${parameter} TO ${milliseconds}`;
}
