import { Grant } from "@pulumi/postgresql/grant.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateDatabase, type PrivateDatabaseArgs, SchemaAccess, type SchemaAccessArgs } from "entra-postgres";

/** How the grants of a schema are made: by SchemaAccess, or as resources of their own, side by side. */
export type Way = "access" | "side by side";

/** One schema of one database. */
export type Access = Partial<Pick<SchemaAccessArgs, "grants" | "onDelete">> & {
  database: string;
  schema: string;
  /** Whether the database stays open to everybody. */
  open?: boolean;
  /** Whether the roles of `grants` become known only when the program runs on. */
  rolesLater?: boolean;
};

const config = new pulumi.Config();
const { tenantId, caCertFile, ...login } = config.requireObject<PrivateDatabaseArgs & { caCert: string }>("login");
const way = config.get<Way>("way") ?? "access";

// What is tried here are the names in PostgreSQL, not those of resources.
const plainly = (...parts: string[]) => parts.map(encodeURIComponent).join("/");
const databases = new Map<string, PrivateDatabase>();
for (const { database: name, open, rolesLater, ...given } of config.requireObject<Access[]>("accesses")) {
  // No resource of this program creates or deletes a database.
  const access = { databaseStays: true, ...given };
  if (rolesLater) {
    access.grants = (access.grants ?? []).map(({ role, ...grant }) => ({ ...grant, role: pulumi.output(role) }));
  }
  if (open) {
    new SchemaAccess(plainly(name, access.schema), { ...login, ...access, database: name });
    continue;
  }
  const { caCert: _, ...rest } = login;
  const made =
    databases.get(name) ??
    new PrivateDatabase(plainly(name), { ...rest, tenantId, ...(caCertFile ? { caCertFile } : {}), database: name });
  databases.set(name, made);
  const { database, provider } = made;
  if (way === "access") {
    new SchemaAccess(plainly(name, access.schema), { ...login, ...access, database });
    continue;
  }
  for (const [at, grant] of (access.grants ?? []).entries()) {
    new Grant(`grant-${at}`, { database, schema: access.schema, ...grant }, { provider });
  }
}
