import { Grant } from "@pulumi/postgresql/grant.js";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseAccess, type DatabaseAccessArgs, PrivateDatabase, type PrivateDatabaseArgs } from "entra-postgres";
import { GrantChain } from "../../../../components/access/grantChain.ts";

/** How the grants of a schema are made: by DatabaseAccess, or as resources of their own, side by side or one after another. */
export type Way = "access" | "side by side" | "chained";

/** One schema of one database. */
export type Access = Pick<DatabaseAccessArgs, "grants" | "onDelete"> & {
  database: string;
  schema: string;
  /** Whether the database stays open to everybody. */
  open?: boolean;
  /** Whether the roles of `grants` become known only when the program runs on. */
  rolesLater?: boolean;
};

const config = new pulumi.Config();
const login = config.requireObject<PrivateDatabaseArgs>("login");
const way = config.get<Way>("way") ?? "access";

// What is tried here are the names in PostgreSQL, not those of resources.
const plainly = (...parts: string[]) => parts.map(encodeURIComponent).join("/");
const databases = new Map<string, PrivateDatabase>();
for (const { database: name, open, rolesLater, ...access } of config.requireObject<Access[]>("accesses")) {
  if (rolesLater) {
    access.grants = (access.grants ?? []).map(({ role, ...grant }) => ({ ...grant, role: pulumi.output(role) }));
  }
  if (open) {
    new DatabaseAccess(plainly(name, access.schema), { ...login, ...access, database: name });
    continue;
  }
  const made = databases.get(name) ?? new PrivateDatabase(plainly(name), { ...login, database: name });
  databases.set(name, made);
  const { database, provider } = made;
  if (way === "access") {
    new DatabaseAccess(plainly(name, access.schema), { ...login, ...access, database }, { provider });
    continue;
  }
  const chain = new GrantChain({ provider });
  for (const [at, grant] of (access.grants ?? []).entries()) {
    const make = (options: pulumi.CustomResourceOptions) =>
      new Grant(`grant-${at}`, { database, schema: access.schema, ...grant }, options);
    if (way === "chained") chain.add(make);
    else make({ provider });
  }
}
