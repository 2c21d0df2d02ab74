import { escapeIdentifier, escapeLiteral } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query, Server } from "./connection.ts";
import { databaseOwner, grantMembership, lockRole, revokeMembership } from "./memberships.ts";
import { PROPERTIES } from "./properties.ts";
import { changedNames, flag, integer, quoted, type ResourceType, text } from "./resourceType.ts";

/** Options of CREATE and ALTER DATABASE by property. */
const OPTIONS: Readonly<Record<string, (wanted: Props) => string>> = {
  allowConnections: (wanted) => `ALLOW_CONNECTIONS ${wanted.allowConnections !== false}`,
  connectionLimit: (wanted) => `CONNECTION LIMIT ${integer(wanted, "connectionLimit", -1)}`,
  isTemplate: (wanted) => `IS_TEMPLATE ${flag(wanted, "isTemplate")}`,
};

/** A database. Source: postgresql/resource_postgresql_database.go of the Terraform provider that the plugin wraps. */
export const databases: ResourceType = {
  token: "postgresql:index/database:Database",
  importable: true,
  properties: PROPERTIES.Database,

  async create(server, wanted) {
    const owner = text(wanted, "owner");
    const sql = [
      `CREATE DATABASE ${quoted(wanted, "name")} OWNER ${escapeIdentifier(owner || server.user)}`,
      clause("TEMPLATE", text(wanted, "template") || "template0", escapeIdentifier),
      clause("ENCODING", text(wanted, "encoding") || "UTF8", escapeLiteral),
      clause("LC_COLLATE", text(wanted, "lcCollate"), escapeLiteral),
      clause("LC_CTYPE", text(wanted, "lcCtype"), escapeLiteral),
      clause("TABLESPACE", text(wanted, "tablespaceName"), escapeIdentifier),
      ...Object.values(OPTIONS).map((option) => option(wanted)),
    ];
    await asOwner(server, owner, (query) => query(sql.join(" ")));
  },

  async update(server, before, wanted) {
    const changes = changedNames(databases, before, wanted).filter((name) => wanted[name] !== undefined);
    const [old, name, owner] = [quoted(before, "name"), quoted(wanted, "name"), text(wanted, "owner")];
    const run = (sql: string) => server.session("", (query) => query(sql));
    if (old !== name) await run(`ALTER DATABASE ${old} RENAME TO ${name}`);
    const reassigns = changes.includes("owner") || changes.includes("alterObjectOwnership");
    if (owner && reassigns && flag(wanted, "alterObjectOwnership")) {
      await reassignObjects(server, text(wanted, "name"), owner);
    }
    if (owner && changes.includes("owner")) {
      await asOwner(server, owner, (query) => query(`ALTER DATABASE ${name} OWNER TO ${escapeIdentifier(owner)}`));
    }
    for (const property of changes) {
      if (property === "tablespaceName") await run(`ALTER DATABASE ${name} SET TABLESPACE ${quoted(wanted, property)}`);
      if (OPTIONS[property]) await run(`ALTER DATABASE ${name} ${OPTIONS[property](wanted)}`);
    }
  },

  async delete(server, state) {
    const name = quoted(state, "name");
    await asOwner(server, text(state, "owner"), async (query) => {
      if (flag(state, "isTemplate")) await query(`ALTER DATABASE ${name} IS_TEMPLATE false`);
      await query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
        [text(state, "name")],
      );
      await query(`DROP DATABASE ${name} WITH (FORCE)`);
    });
  },

  async read(server, id, state) {
    const rows = await server.session("", (query) =>
      query(
        `SELECT d.datname AS name, pg_get_userbyid(d.datdba) AS owner, pg_encoding_to_char(d.encoding) AS encoding,
          d.datcollate AS "lcCollate", d.datctype AS "lcCtype", t.spcname AS "tablespaceName", d.datconnlimit AS "connectionLimit",
          d.datallowconn AS "allowConnections", d.datistemplate AS "isTemplate"
        FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = $1`,
        [id],
      ),
    );
    return rows[0] && { id, state: { ...state, ...rows[0], template: text(state, "template") || "template0" } };
  },
};

/** Works as a member of `owner`, one such work at a time: CREATE and DROP DATABASE cannot be in a transaction. */
async function asOwner(server: Server, owner: string, work: (query: Query) => Promise<unknown>): Promise<void> {
  if (!owner) return void (await server.session("", work));
  await server.transaction("", async (lock) => {
    await lockRole(lock, server.user);
    await asMember(server, owner, () => server.session("", work));
  });
}

async function reassignObjects(server: Server, name: string, owner: string): Promise<void> {
  await server.transaction(name, async (query) => {
    await lockRole(query, server.user);
    const current = await databaseOwner(query, name);
    if (current === owner) return;
    const sql = `REASSIGN OWNED BY ${escapeIdentifier(current)} TO ${escapeIdentifier(owner)}`;
    await asMember(server, current, () => query(sql));
  });
}

/** Grants and revokes the membership on separate connections, outside any transaction of the work. */
async function asMember(server: Server, role: string, work: () => Promise<unknown>): Promise<void> {
  const granted = await server.session("", (query) => grantMembership(query, role, server.user));
  try {
    await work();
  } finally {
    if (granted) await server.session("", (query) => revokeMembership(query, role, server.user));
  }
}

function clause(keyword: string, value: string, quote: (value: string) => string): string {
  if (value === "") return "";
  return `${keyword} ${value.toUpperCase() === "DEFAULT" ? "DEFAULT" : quote(value)}`;
}
