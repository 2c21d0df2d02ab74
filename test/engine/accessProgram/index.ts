import { Grant } from "@pulumi/postgresql/grant.js";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseAccess, type DatabaseAccessArgs, PrivateDatabase, type PrivateDatabaseArgs } from "entra-postgres";

/** One schema of one database. */
export type Access = Pick<DatabaseAccessArgs, "grants" | "onDelete"> & {
  database: string;
  schema: string;
  /** Whether the database stays open to everybody. */
  open?: boolean;
};

const config = new pulumi.Config();
const login = config.requireObject<PrivateDatabaseArgs>("login");
const plain = config.getBoolean("plain");

// What is tried here are the names in PostgreSQL, not those of resources.
const plainly = (...parts: string[]) => parts.map(encodeURIComponent).join("/");
const databases = new Map<string, PrivateDatabase>();
for (const { database: name, open, ...access } of config.requireObject<Access[]>("accesses")) {
  if (open) {
    new DatabaseAccess(plainly(name, access.schema), { ...login, ...access, database: name });
    continue;
  }
  const made = databases.get(name) ?? new PrivateDatabase(plainly(name), { ...login, database: name });
  databases.set(name, made);
  const { database, provider } = made;
  if (!plain) {
    new DatabaseAccess(plainly(name, access.schema), { ...login, ...access, database }, { provider });
    continue;
  }
  // Each grant a resource of its own, which the engine makes side by side, as in a program without DatabaseAccess.
  for (const [at, grant] of (access.grants ?? []).entries()) {
    new Grant(`plain-${at}`, { database, schema: access.schema, ...grant }, { provider });
  }
}
