import type { Provider } from "@pulumi/postgresql";
import { Grant } from "@pulumi/postgresql/grant.js";
import * as pulumi from "@pulumi/pulumi";
import { type DatabaseLoginArgs, databaseProvider } from "./databaseProvider.ts";

/** The arguments of {@link PrivateDatabase}. Changing any but `adminUser`, `tenantId` and `caCertFile` replaces. */
export interface PrivateDatabaseArgs extends DatabaseLoginArgs {}

/**
 * A database that only those enter who were given CONNECT: PostgreSQL lets every role of the server into every database and make
 * temporary tables there, and this takes both from PUBLIC. Deleting it does not give them back; the database usually goes, too.
 *
 * Its provider serves everything else in the database: `new DatabaseAccess(…, { provider: database.provider })`.
 */
export class PrivateDatabase extends pulumi.ComponentResource {
  /** The provider that works in this database as the administrator. */
  readonly provider: Provider;
  /** Name of the database, known once it is closed. */
  readonly database: pulumi.Output<string>;

  constructor(name: string, args: PrivateDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:PrivateDatabase", name, {}, opts);
    const lives = opts?.deletedWith ? { deletedWith: opts.deletedWith } : {};
    this.provider = databaseProvider(`${name}-admin`, args, { parent: this });
    const closed = new Grant(
      `${name}-public`,
      { database: args.database, role: "public", objectType: "database", privileges: [] },
      { ...lives, parent: this, provider: this.provider },
    );
    this.database = closed.database;
    this.registerOutputs({ database: this.database });
  }
}
