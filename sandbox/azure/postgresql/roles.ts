import { escapeIdentifier, escapeLiteral } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query, Server } from "./connection.ts";
import { lockRole, withRoles } from "./memberships.ts";
import {
  changed,
  type Found,
  flag,
  integer,
  LIST,
  type Property,
  type ResourceType,
  SET,
  text,
  texts,
} from "./resourceType.ts";

const PASSWORD: Property = {
  kind: "string",
  refused: "the server takes Entra tokens only. Remove it; a principal logs in with its token",
};

/** A role. Source: postgresql/resource_postgresql_role.go of the Terraform provider that the plugin wraps. */
export const roles: ResourceType = {
  token: "postgresql:index/role:Role",
  importable: true,
  properties: {
    name: { kind: "string", minLength: 1 },
    password: PASSWORD,
    passwordWo: PASSWORD,
    passwordWoVersion: PASSWORD,
    encrypted: PASSWORD,
    encryptedPassword: { kind: "boolean", default: true },
    roles: SET,
    searchPaths: LIST,
    validUntil: { kind: "string", default: "infinity" },
    connectionLimit: { kind: "integer", default: -1, minimum: -1 },
    superuser: { kind: "boolean", default: false },
    createDatabase: { kind: "boolean", default: false },
    createRole: { kind: "boolean", default: false },
    inherit: { kind: "boolean", default: true },
    login: { kind: "boolean", default: false },
    replication: { kind: "boolean", default: false },
    bypassRowLevelSecurity: { kind: "boolean", default: false },
    skipDropRole: { kind: "boolean", default: false },
    skipReassignOwned: { kind: "boolean", default: false },
    statementTimeout: { kind: "integer", minimum: 0, shown: true },
    idleInTransactionSessionTimeout: { kind: "integer", minimum: 0, shown: true },
    assumeRole: { kind: "string", shown: true },
  },

  async create(server, wanted) {
    const name = text(wanted, "name");
    await server.transaction("", async (query) => {
      const options = [
        `VALID UNTIL ${validUntil(wanted)}`,
        `CONNECTION LIMIT ${integer(wanted, "connectionLimit", -1)}`,
        ...Object.keys(ATTRIBUTES).map((property) => attribute(property, wanted)),
      ];
      await query(`CREATE ROLE ${escapeIdentifier(name)} WITH ${options.join(" ")}`);
      await setMemberships(query, wanted);
      await setSearchPath(query, wanted);
      await setParameters(query, {}, wanted);
    });
  },

  read,

  async update(server, before, wanted) {
    const name = text(wanted, "name");
    const old = text(before, "name");
    await server.transaction("", async (query) => {
      const alter = `ALTER ROLE ${escapeIdentifier(name)}`;
      await lockRole(query, old);
      if (old !== name) await query(`ALTER ROLE ${escapeIdentifier(old)} RENAME TO ${escapeIdentifier(name)}`);
      for (const property of Object.keys(ATTRIBUTES)) {
        if (differs(property, before, wanted)) await query(`${alter} WITH ${attribute(property, wanted)}`);
      }
      if (differs("connectionLimit", before, wanted)) {
        await query(`${alter} CONNECTION LIMIT ${integer(wanted, "connectionLimit", -1)}`);
      }
      if (differs("validUntil", before, wanted)) await query(`${alter} VALID UNTIL ${validUntil(wanted)}`);
      await clearMemberships(query, name);
      await setMemberships(query, wanted);
      await setSearchPath(query, wanted);
      await setParameters(query, before, wanted);
    });
  },

  async delete(server, state) {
    const name = text(state, "name");
    await server.transaction("", async (query) => {
      await lockRole(query, name);
      if (!flag(state, "skipReassignOwned")) {
        await withRoles(query, [name], async () => {
          await query(`REASSIGN OWNED BY ${escapeIdentifier(name)} TO ${escapeIdentifier(server.user)}`);
          await query(`DROP OWNED BY ${escapeIdentifier(name)}`);
        });
      }
      if (!flag(state, "skipDropRole")) await query(`DROP ROLE ${escapeIdentifier(name)}`);
    });
  },
};

/** Words of CREATE and ALTER ROLE; with NO before them they take the attribute away. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  superuser: "SUPERUSER",
  createDatabase: "CREATEDB",
  createRole: "CREATEROLE",
  inherit: "INHERIT",
  login: "LOGIN",
  bypassRowLevelSecurity: "BYPASSRLS",
  replication: "REPLICATION",
};

function attribute(property: string, wanted: Props): string {
  const on = wanted[property] ?? roles.properties[property]?.default;
  return `${on ? "" : "NO"}${ATTRIBUTES[property]}`;
}

function validUntil(wanted: Props): string {
  const value = text(wanted, "validUntil");
  return value === "" || value.toLowerCase() === "infinity" ? "'infinity'" : escapeLiteral(value);
}

function differs(property: string, before: Props, wanted: Props): boolean {
  return changed(roles.properties[property], before[property], wanted[property]);
}

async function clearMemberships(query: Query, name: string): Promise<void> {
  const rows = await query<{ granted: string }>(
    `SELECT DISTINCT pg_get_userbyid(m.roleid)::text AS granted FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    WHERE r.rolname = $1`,
    [name],
  );
  for (const { granted } of rows) await query(`REVOKE ${escapeIdentifier(granted)} FROM ${escapeIdentifier(name)}`);
}

async function setMemberships(query: Query, wanted: Props): Promise<void> {
  for (const granted of texts(wanted, "roles")) {
    await query(`GRANT ${escapeIdentifier(granted)} TO ${escapeIdentifier(text(wanted, "name"))}`);
  }
}

async function setSearchPath(query: Query, wanted: Props): Promise<void> {
  const paths = texts(wanted, "searchPaths");
  const wrong = paths.find((path) => path.includes(", "));
  if (wrong !== undefined) throw new Error(`searchPaths has "${wrong}"; a name in it cannot hold ", ".`);
  const value = paths.length > 0 ? paths.map((path) => escapeIdentifier(path)).join(", ") : "DEFAULT";
  await query(`ALTER ROLE ${escapeIdentifier(text(wanted, "name"))} SET search_path TO ${value}`);
}

async function setParameters(query: Query, before: Props, wanted: Props): Promise<void> {
  const alter = `ALTER ROLE ${escapeIdentifier(text(wanted, "name"))}`;
  const timeouts = {
    statementTimeout: "statement_timeout",
    idleInTransactionSessionTimeout: "idle_in_transaction_session_timeout",
  };
  for (const [property, parameter] of Object.entries(timeouts)) {
    if (!differs(property, before, wanted)) continue;
    const value = integer(wanted, property, 0);
    await query(value === 0 ? `${alter} RESET ${parameter}` : `${alter} SET ${parameter} TO ${value}`);
  }
  if (differs("assumeRole", before, wanted)) {
    const role = text(wanted, "assumeRole");
    await query(role === "" ? `${alter} RESET ROLE` : `${alter} SET ROLE TO ${escapeIdentifier(role)}`);
  }
}

async function read(server: Server, id: string, state: Props): Promise<Found | undefined> {
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
  return {
    id,
    state: {
      skipDropRole: false,
      skipReassignOwned: false,
      ...state,
      ...found,
      encryptedPassword: true,
      searchPaths: setting("search_path")
        ?.split(", ")
        .map((path) => path.replace(/^"|"$/g, "")),
      statementTimeout: Number.parseInt(setting("statement_timeout") ?? "0", 10),
      idleInTransactionSessionTimeout: Number.parseInt(setting("idle_in_transaction_session_timeout") ?? "0", 10),
      assumeRole: setting("role") ?? "",
    },
  };
}
