import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";
import { currentLogin } from "../postgres/login.ts";
import { requirePlainEnvironment } from "./providerEnvironment.ts";

/** Where and as whom something is done inside one database. */
export interface DatabaseLoginArgs {
  /** DNS name of the flexible server. */
  host: pulumi.Input<string>;
  /** TCP port of the server. @default 5432 */
  port?: pulumi.Input<number>;
  /** Database to work in: privileges on tables are given where the tables are. */
  database: pulumi.Input<string>;
  /** The Entra administrator to log in as. */
  adminUser: pulumi.Input<string>;
  /**
   * The server's administrators (`EntraPostgresServer.administrators`): a login that is not one of them is refused before anything
   * changes. A change has no effect on the database. @default the server decides
   */
  administrators?: pulumi.Input<pulumi.Input<AdministratorArgs>[]>;
  /** Tenant of the administrator. */
  tenantId: pulumi.Input<string>;
  /** Path of a PEM file with the authority that signed the server's certificate. @default the machine's own list, which holds Azure's */
  caCertFile?: pulumi.Input<string>;
}

/**
 * The provider of @pulumi/postgresql for one database: Entra tokens, verified TLS, no password.
 *
 * It fetches ONE token when the engine starts it, in each run, and logs in with that one until the run ends. In a run that goes on for
 * longer than the token lives (5 to 60 minutes for users, hours for identities) the rest of the grants is refused with "The access
 * token has expired"; the next `pulumi up` gets a new token and goes on from there. In a first run the engine starts it when
 * the server is ready, so the server's creation does not count.
 *
 * @throws {UserError} EP-LOGIN-03 for variables of the shell that the provider would read
 */
export function databaseProvider(
  name: string,
  args: DatabaseLoginArgs,
  opts: pulumi.ResourceOptions,
): postgresql.Provider {
  requirePlainEnvironment(args);
  return new postgresql.Provider(
    name,
    {
      host: args.host,
      port: args.port ?? 5432,
      database: args.database,
      username: loginFor(args),
      sslmode: "verify-full",
      ...(args.caCertFile ? { sslrootcert: args.caCertFile } : {}),
      azureIdentityAuth: true,
      azureTenantId: args.tenantId,
      // Flexible-server administrators are not PostgreSQL superusers.
      superuser: false,
      connectTimeout: 30,
    },
    opts,
  );
}

/** With several administrators the token decides. A preview without a login shows the first. */
function loginFor({ adminUser, administrators }: DatabaseLoginArgs): pulumi.Output<string> {
  return pulumi
    .all([adminUser, pulumi.output(administrators ?? [])])
    .apply(async ([first, all]) =>
      all.length > 1 ? ((await currentLogin(all).catch(() => undefined)) ?? first) : first,
    );
}
