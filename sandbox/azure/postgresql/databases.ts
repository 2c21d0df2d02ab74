import { escapeIdentifier, escapeLiteral } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query, Server } from "./connection.ts";
import { databaseOwner, grantMembership, lockRole, revokeMembership } from "./memberships.ts";
import { changed, type Found, flag, integer, type ResourceType, text } from "./resourceType.ts";

/** A database. Source: postgresql/resource_postgresql_database.go of the Terraform provider that the plugin wraps. */
export const databases: ResourceType = {
  token: "postgresql:index/database:Database",
  importable: true,
  properties: {
    name: { kind: "string", minLength: 1 },
    owner: { kind: "string", computed: true },
    template: { kind: "string", computed: true, replaces: true },
    encoding: { kind: "string", computed: true, replaces: true },
    lcCollate: { kind: "string", computed: true, replaces: true },
    lcCtype: { kind: "string", computed: true, replaces: true },
    tablespaceName: { kind: "string", computed: true },
    connectionLimit: { kind: "integer", default: -1, minimum: -1 },
    allowConnections: { kind: "boolean", default: true },
    isTemplate: { kind: "boolean", computed: true },
    alterObjectOwnership: { kind: "boolean", default: false },
  },

  async create(server, wanted) {
    const name = text(wanted, "name");
    const owner = text(wanted, "owner");
    const sql = [
      `CREATE DATABASE ${escapeIdentifier(name)} OWNER ${escapeIdentifier(owner || server.user)}`,
      clause("TEMPLATE", text(wanted, "template") || "template0", escapeIdentifier),
      clause("ENCODING", text(wanted, "encoding") || "UTF8", escapeLiteral),
      clause("LC_COLLATE", text(wanted, "lcCollate"), escapeLiteral),
      clause("LC_CTYPE", text(wanted, "lcCtype"), escapeLiteral),
      clause("TABLESPACE", text(wanted, "tablespaceName"), escapeIdentifier),
      `ALLOW_CONNECTIONS ${wanted.allowConnections !== false}`,
      `CONNECTION LIMIT ${integer(wanted, "connectionLimit", -1)}`,
      `IS_TEMPLATE ${flag(wanted, "isTemplate")}`,
    ].join(" ");
    await asOwner(server, owner, (query) => query(sql));
  },

  read,

  async update(server, before, wanted) {
    const differs = (property: string) =>
      changed(databases.properties[property], before[property], wanted[property]) && wanted[property] !== undefined;
    const name = text(wanted, "name");
    const owner = text(wanted, "owner");
    const alter = `ALTER DATABASE ${escapeIdentifier(name)}`;
    await server.session("", async (query) => {
      if (differs("name")) {
        await query(`ALTER DATABASE ${escapeIdentifier(text(before, "name"))} RENAME TO ${escapeIdentifier(name)}`);
      }
    });
    const reassigns = (differs("owner") || differs("alterObjectOwnership")) && flag(wanted, "alterObjectOwnership");
    if (owner && reassigns) await reassignObjects(server, name, owner);
    if (owner && differs("owner")) {
      await asOwner(server, owner, (query) => query(`${alter} OWNER TO ${escapeIdentifier(owner)}`));
    }
    await server.session("", async (query) => {
      if (differs("tablespaceName")) {
        await query(`${alter} SET TABLESPACE ${escapeIdentifier(text(wanted, "tablespaceName"))}`);
      }
      if (differs("connectionLimit")) {
        await query(`${alter} CONNECTION LIMIT = ${integer(wanted, "connectionLimit", -1)}`);
      }
      if (differs("allowConnections")) await query(`${alter} ALLOW_CONNECTIONS ${wanted.allowConnections !== false}`);
      if (differs("isTemplate")) await query(`${alter} IS_TEMPLATE ${flag(wanted, "isTemplate")}`);
    });
  },

  async delete(server, state) {
    const name = text(state, "name");
    const alter = `ALTER DATABASE ${escapeIdentifier(name)}`;
    await asOwner(server, text(state, "owner"), async (query) => {
      if (flag(state, "isTemplate")) await query(`${alter} IS_TEMPLATE false`);
      await query(`${alter} ALLOW_CONNECTIONS false`);
      await query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
        [name],
      );
      await query(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`);
    });
  },
};

async function read(server: Server, id: string, state: Props): Promise<Found | undefined> {
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
}

/** Works as a member of `owner`, one such work at a time: CREATE and DROP DATABASE cannot be in a transaction. */
async function asOwner(server: Server, owner: string, work: (query: Query) => Promise<unknown>): Promise<void> {
  if (!owner) {
    await server.session("", work);
    return;
  }
  await server.transaction("", async (lock) => {
    await lockRole(lock, server.user);
    await server.session("", async (query) => {
      const granted = await grantMembership(query, owner, server.user);
      try {
        await work(query);
      } finally {
        if (granted) await revokeMembership(query, owner, server.user);
      }
    });
  });
}

async function reassignObjects(server: Server, name: string, owner: string): Promise<void> {
  await server.transaction(name, async (query) => {
    await lockRole(query, server.user);
    const current = await databaseOwner(query, name);
    if (current === owner) return;
    const granted = await server.session("", (outside) => grantMembership(outside, current, server.user));
    try {
      await query(`REASSIGN OWNED BY ${escapeIdentifier(current)} TO ${escapeIdentifier(owner)}`);
    } finally {
      if (granted) await server.session("", (outside) => revokeMembership(outside, current, server.user));
    }
  });
}

function clause(keyword: string, value: string, quote: (value: string) => string): string {
  if (value === "") return "";
  return `${keyword} ${value.toUpperCase() === "DEFAULT" ? "DEFAULT" : quote(value)}`;
}
