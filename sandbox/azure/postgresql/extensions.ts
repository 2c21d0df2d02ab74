import type { Props } from "../providerHost.ts";
import type { Server } from "./connection.ts";
import { PROPERTIES } from "./properties.ts";
import { flag, quoted, type ResourceType, text } from "./resourceType.ts";

/** An extension. Source: postgresql/resource_postgresql_extension.go of the Terraform provider that the plugin wraps. */
export const extensions: ResourceType = {
  token: "postgresql:index/extension:Extension",
  importable: true,
  properties: PROPERTIES.Extension,

  async create(server, wanted) {
    const clauses = [
      `CREATE EXTENSION IF NOT EXISTS ${quoted(wanted, "name")}`,
      text(wanted, "schema") && `SCHEMA ${quoted(wanted, "schema")}`,
      text(wanted, "version") && `VERSION ${quoted(wanted, "version")}`,
      flag(wanted, "createCascade") && "CASCADE",
    ];
    const sql = clauses.filter(Boolean).join(" ");
    await server.transaction(databaseOf(server, wanted), async (query) => void (await query(sql)));
  },

  async read(server, id, state) {
    const imported = text(state, "name") === "";
    const [database = "", name = ""] = imported ? id.split(".") : [databaseOf(server, state), text(state, "name")];
    const sql = `SELECT extversion AS version, nspname::text AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
      WHERE extname = $1`;
    const [found] = await server.session(database, (query) => query(sql, [name]));
    return found && { id: `${database}.${name}`, state: { ...state, database, name, ...found } };
  },

  async update(server, before, wanted) {
    await server.transaction(databaseOf(server, wanted), async (query) => {
      const name = quoted(wanted, "name");
      if (text(before, "schema") !== text(wanted, "schema")) {
        await query(`ALTER EXTENSION ${name} SET SCHEMA ${quoted(wanted, "schema")}`);
      }
      if (text(before, "version") !== text(wanted, "version")) {
        await query(`ALTER EXTENSION ${name} UPDATE TO ${quoted(wanted, "version")}`);
      }
    });
  },

  async delete(server, state) {
    const sql = `DROP EXTENSION IF EXISTS ${quoted(state, "name")} ${flag(state, "dropCascade") ? "CASCADE" : "RESTRICT"}`;
    await server.transaction(databaseOf(server, state), async (query) => void (await query(sql)));
  },
};

function databaseOf(server: Server, state: Props): string {
  return text(state, "database") || server.database;
}
