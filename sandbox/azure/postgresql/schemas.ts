import { escapeIdentifier } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query, Server } from "./connection.ts";
import { databaseOwner, exists, withRoles } from "./memberships.ts";
import { changed, type Found, flag, type ResourceType, SET, text } from "./resourceType.ts";

/** A schema. Source: postgresql/resource_postgresql_schema.go of the Terraform provider that the plugin wraps. */
export const schemas: ResourceType = {
  token: "postgresql:index/schema:Schema",
  importable: true,
  properties: {
    name: { kind: "string", minLength: 1 },
    database: { kind: "string", computed: true, replaces: true },
    owner: { kind: "string", computed: true },
    ifNotExists: { kind: "boolean", default: true },
    dropCascade: { kind: "boolean", default: false },
    policies: {
      ...SET,
      computed: true,
      refused: 'it is deprecated. Use postgresql.Grant with objectType: "schema" in its place',
    },
  },

  async create(server, wanted) {
    const database = text(wanted, "database") || server.database;
    const name = text(wanted, "name");
    const owner = text(wanted, "owner");
    await server.transaction(database, async (query) => {
      const holder = await databaseOwner(query, database);
      await withRoles(query, owner && owner !== holder ? [holder, owner] : [holder], async () => {
        // One that is there already is taken over whatever ifNotExists says, as the plugin does.
        if (!(await exists(query, "schema", name))) {
          await query(
            `CREATE SCHEMA ${wanted.ifNotExists === false ? "" : "IF NOT EXISTS "}${escapeIdentifier(name)}` +
              (owner ? ` AUTHORIZATION ${escapeIdentifier(owner)}` : ""),
          );
        } else if (owner) {
          await setOwner(query, name, owner);
        }
      });
    });
  },

  async read(server, id, state) {
    const imported = text(state, "name") === "";
    const parts = id.split(".");
    if (imported && parts.length !== 2) {
      throw new Error(`The schema's id ${id} is not of the form database.schema; give such a one to pulumi import.`);
    }
    const [database, name] = imported ? parts : [text(state, "database") || server.database, text(state, "name")];
    return await find(server, { ...state, database, name });
  },

  async update(server, before, wanted) {
    const database = text(wanted, "database") || server.database;
    const name = text(wanted, "name");
    const owner = text(wanted, "owner");
    await server.transaction(database, async (query) => {
      const old = text(before, "name");
      if (old !== name) await query(`ALTER SCHEMA ${escapeIdentifier(old)} RENAME TO ${escapeIdentifier(name)}`);
      if (changed(schemas.properties.owner, before.owner, owner)) await setOwner(query, name, owner);
    });
  },

  async delete(server, state) {
    const name = text(state, "name");
    await server.transaction(text(state, "database") || server.database, async (query) => {
      if (!(await exists(query, "schema", name))) return;
      await withRoles(query, [text(state, "owner")], async () => {
        await query(`DROP SCHEMA ${escapeIdentifier(name)} ${flag(state, "dropCascade") ? "CASCADE" : "RESTRICT"}`);
      });
    });
  },
};

async function setOwner(query: Query, name: string, owner: string): Promise<void> {
  await query(`ALTER SCHEMA ${escapeIdentifier(name)} OWNER TO ${escapeIdentifier(owner)}`);
}

async function find(server: Server, state: Props): Promise<Found | undefined> {
  const database = text(state, "database");
  const name = text(state, "name");
  if (!(await server.session("", (query) => exists(query, "database", database)))) return undefined;
  const rows = await server.session(database, (query) =>
    query<{ owner: string }>("SELECT pg_get_userbyid(nspowner)::text AS owner FROM pg_namespace WHERE nspname = $1", [
      name,
    ]),
  );
  return rows[0] && { id: `${database}.${name}`, state: { ...state, owner: rows[0].owner, policies: [] } };
}
