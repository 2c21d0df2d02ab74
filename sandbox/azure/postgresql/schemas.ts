import { escapeIdentifier } from "pg";
import type { Props } from "../providerHost.ts";
import type { Server } from "./connection.ts";
import { databaseOwner, exists, withRoles } from "./memberships.ts";
import { PROPERTIES } from "./properties.ts";
import { changed, flag, quoted, type ResourceType, text } from "./resourceType.ts";

/** A schema. Source: postgresql/resource_postgresql_schema.go of the Terraform provider that the plugin wraps. */
export const schemas: ResourceType = {
  token: "postgresql:index/schema:Schema",
  importable: true,
  properties: PROPERTIES.Schema,

  async create(server, wanted) {
    const [database, name, owner] = [databaseOf(server, wanted), quoted(wanted, "name"), text(wanted, "owner")];
    await server.transaction(database, async (query) => {
      const holder = await databaseOwner(query, database);
      await withRoles(query, owner && owner !== holder ? [holder, owner] : [holder], async () => {
        // Like the plugin, adopts an existing schema whatever ifNotExists is.
        const isThere = await exists(query, "schema", text(wanted, "name"));
        const authorization = owner ? ` AUTHORIZATION ${escapeIdentifier(owner)}` : "";
        if (!isThere) {
          await query(`CREATE SCHEMA ${wanted.ifNotExists === false ? "" : "IF NOT EXISTS "}${name}${authorization}`);
        } else if (owner) await query(`ALTER SCHEMA ${name} OWNER TO ${escapeIdentifier(owner)}`);
      });
    });
  },

  async read(server, id, state) {
    const imported = text(state, "name") === "";
    const parts = id.split(".");
    if (imported && parts.length !== 2) {
      throw new Error(`The schema's id ${id} is not of the form database.schema; give such an id to pulumi import.`);
    }
    const [database = "", name = ""] = imported ? parts : [databaseOf(server, state), text(state, "name")];
    if (!(await server.session("", (query) => exists(query, "database", database)))) return undefined;
    const sql = "SELECT pg_get_userbyid(nspowner)::text AS owner FROM pg_namespace WHERE nspname = $1";
    const [found] = await server.session(database, (query) => query(sql, [name]));
    return (
      found && { id: `${database}.${name}`, state: { ...state, database, name, owner: found.owner, policies: [] } }
    );
  },

  async update(server, before, wanted) {
    const [old, name] = [quoted(before, "name"), quoted(wanted, "name")];
    await server.transaction(databaseOf(server, wanted), async (query) => {
      if (old !== name) await query(`ALTER SCHEMA ${old} RENAME TO ${name}`);
      const isOwnerNew = changed(schemas.properties.owner, before.owner, wanted.owner);
      if (isOwnerNew) await query(`ALTER SCHEMA ${name} OWNER TO ${quoted(wanted, "owner")}`);
    });
  },

  async delete(server, state) {
    await server.transaction(databaseOf(server, state), async (query) => {
      if (!(await exists(query, "schema", text(state, "name")))) return;
      const sql = `DROP SCHEMA ${quoted(state, "name")} ${flag(state, "dropCascade") ? "CASCADE" : "RESTRICT"}`;
      await withRoles(query, [text(state, "owner")], () => query(sql));
    });
  },
};

function databaseOf(server: Server, state: Props): string {
  return text(state, "database") || server.database;
}
