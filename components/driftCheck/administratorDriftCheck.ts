import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";

/** The arguments of {@link AdministratorDriftCheck}. */
export interface AdministratorDriftCheckArgs {
  /** DNS name of the flexible server. Changing it replaces the check, which changes nothing on a server. */
  host: pulumi.Input<string>;
  /** TCP port of the server. @default 5432 */
  port?: pulumi.Input<number>;
  /** The Entra administrator to log in as. */
  adminUser: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default those that Node.js trusts, which include Azure's */
  caCert?: pulumi.Input<string>;
  /** Everybody who may administer the server. */
  administrators: AdministratorArgs[];
  /**
   * Whether administrators that are there when the check is created may stay, as on a server that another program made. A change has no effect on
   * those found before. @default false
   */
  keepFound?: boolean;
  /** Seconds that one operation may take, waits included, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
  /** ARM id of the server, to prove that it is gone. @default not reaching it is an error */
  serverId?: pulumi.Input<string>;
}

/**
 * Checks that nobody administers the server besides the declared administrators. An administrator that was added outside Pulumi, in the portal
 * or inside the database, is in no state, so no refresh of another resource sees it.
 *
 * A refresh shows undeclared and missing administrators in `drift`. An `up` that creates or changes the check is refused with each
 * undeclared one's name and object id, and takes nobody's rights away: people judge what was added in an emergency. A role with LOGIN in
 * `azure_pg_admin` that belongs to no principal, and may be Azure's own, is a warning only. Make it depend on what `up` repairs, such as each
 * `EntraPrincipal`, so that it runs last.
 *
 * @throws {UserError} EP-DRIFT-01 for an undeclared administrator, EP-DRIFT-03 where Azure says that the server does not exist
 */
export class AdministratorDriftCheck extends DynamicResource {
  constructor(name: string, args: AdministratorDriftCheckArgs, opts?: pulumi.CustomResourceOptions) {
    const { port = 5432, deadlineSeconds = 300, ...rest } = args;
    super(
      { type: "AdministratorDriftCheck", runtime: "administrator-drift-check-runtime" },
      name,
      { ...rest, database: "postgres", port, deadlineSeconds, drift: {} },
      opts,
    );
  }
}
