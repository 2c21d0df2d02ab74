import { Grant } from "@pulumi/postgresql/grant.js";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseAccess, type DatabaseAccessArgs, PrivateDatabase, type PrivateDatabaseArgs } from "entra-postgres";

/** One schema of one database. */
export type Access = Pick<DatabaseAccessArgs, "schema" | "grants" | "onDelete"> & { database: string };

const config = new pulumi.Config();
const login = config.requireObject<PrivateDatabaseArgs>("login");
const accesses = config.requireObject<Access[]>("accesses");

const databases = new Map<string, PrivateDatabase>();
for (const { database } of accesses) {
  if (!databases.has(database)) {
    databases.set(database, new PrivateDatabase(database, { ...login, database }));
  }
}
// The resources are named by number: what is tried here are the names in PostgreSQL.
for (const [index, { database: name, grants = [], ...access }] of accesses.entries()) {
  const database = databases.get(name);
  const provider = database?.provider;
  if (!database || !provider) continue;
  const plain = config.getBoolean("plain") ? grants : [];
  const chained = plain.length > 0 ? {} : { grants };
  const made = new DatabaseAccess(
    `access-${index}`,
    { ...login, ...access, ...chained, database: database.database },
    { provider },
  );
  for (const [at, { objectType, objects, privileges, role }] of plain.entries()) {
    const args = { database: made.database, schema: made.schema, role, objectType, privileges };
    new Grant(`plain-${at}`, { ...args, ...(objects ? { objects } : {}) }, { provider });
  }
}
