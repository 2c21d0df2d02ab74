import type { Provider } from "@pulumi/postgresql";
import { Extension } from "@pulumi/postgresql/extension.js";
import { Grant } from "@pulumi/postgresql/grant.js";
import * as pulumi from "@pulumi/pulumi";
import { deployerCloud, postgresqlProviderCanLogIn } from "../azure/cloud.ts";
import { UserError } from "../errors/userError.ts";
import { DatabaseGuard } from "./databaseGuard.ts";
import { type DatabaseLoginArgs, databaseProvider } from "./databaseProvider.ts";

/** The arguments of {@link PrivateDatabase}. Changing `host`, `port` or `database` replaces. */
export interface PrivateDatabaseArgs extends DatabaseLoginArgs {
  /**
   * Extensions to create in schema public, where all roles find them; `azure.extensions` of the server must list them. An extension that is
   * taken out of the list stays in the database. @default none
   */
  extensions?: string[];
  /** Whether a delete gives PUBLIC back the rights that it had, as for a database that another program made. @default false */
  giveBack?: boolean;
  /** ARM id of the server, to ask Azure for its firewall rules while the firewall refuses the login. @default Azure is not asked */
  serverId?: pulumi.Input<string>;
  /** Seconds to wait for the server before anything is touched, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
}

/**
 * A database to which only roles with CONNECT can connect: by default PostgreSQL lets every role of the server connect to every database and
 * create temporary tables there, and this revokes both from PUBLIC. Deleting it grants them again with `giveBack` only; else the database usually goes, too.
 *
 * A database of another owner is refused with the owner's name, before anything changes.
 *
 * Its provider serves everything else in the database: `new Grant(…, { provider: database.provider })`. @pulumi/postgresql asks for tokens for
 * the public cloud's database only (scope in provider.go of cyrilgdn/terraform-provider-postgresql). In another cloud there is no such
 * provider, and the resource does its work in a session of its own.
 */
export class PrivateDatabase extends pulumi.ComponentResource {
  readonly #provider: Provider | undefined;
  /** Name of the database, known once it is closed. */
  readonly database: pulumi.Output<string>;

  constructor(name: string, args: PrivateDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:PrivateDatabase", name, {}, opts);
    const byProvider = postgresqlProviderCanLogIn();
    const lives = opts?.deletedWith ? { deletedWith: opts.deletedWith } : {};
    const { host, port = 5432, database, adminUser, administrators, caCertFile, deadlineSeconds = 300 } = args;
    const guard = new DatabaseGuard(
      `${name}-close`,
      {
        host,
        port,
        database,
        adminUser,
        deadlineSeconds,
        ...(administrators ? { administrators } : {}),
        ...(caCertFile ? { caCertFile } : {}),
        ...(args.serverId ? { serverId: args.serverId } : {}),
        ...(args.giveBack ? { giveBack: true } : {}),
        ...(byProvider ? {} : { closes: true, extensions: args.extensions ?? [] }),
      },
      { ...lives, parent: this },
    );
    this.#provider = byProvider ? databaseProvider(`${name}-admin`, args, { parent: this }) : undefined;
    this.database = this.#provider
      ? closeByProvider(name, args, guard, { ...lives, parent: this, provider: this.#provider })
      : guard.database;
    this.registerOutputs({ database: this.database });
  }

  /**
   * The provider that works in this database as the administrator.
   * @throws {UserError} EP-LOGIN-01 in a cloud where it cannot log in
   */
  get provider(): Provider {
    if (this.#provider) return this.#provider;
    throw new UserError({
      code: "EP-LOGIN-01",
      step: "choosing a provider for the database",
      expected: "the public cloud, for whose database alone @pulumi/postgresql asks for tokens",
      found: `a cloud whose database takes tokens for ${deployerCloud().database}`,
    });
  }
}

/** What @pulumi/postgresql does in the database. @returns the database's name, known afterwards */
function closeByProvider(
  name: string,
  { extensions = [] }: PrivateDatabaseArgs,
  guard: DatabaseGuard,
  opts: pulumi.CustomResourceOptions & { provider: Provider },
): pulumi.Output<string> {
  const closed = new Grant(
    `${name}-public`,
    { database: guard.database, role: "public", objectType: "database", privileges: [] },
    opts,
  );
  const created = extensions.map(
    (extension) =>
      new Extension(
        `${name}-extension-${extension}`,
        { name: extension, database: closed.database, schema: "public" },
        { ...opts, retainOnDelete: true },
      ),
  );
  return pulumi.all([closed.database, pulumi.all(created.map(({ id }) => id))]).apply(([known]) => known);
}
