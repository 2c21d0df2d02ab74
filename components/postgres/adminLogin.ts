import type * as pulumi from "@pulumi/pulumi";

/** A Microsoft Entra principal that administers a server. */
export interface AdministratorArgs {
  /** Object id (principal id). Changing it replaces the administrator. */
  objectId: pulumi.Input<string>;
  /** Its role's name: a user's principal name, or a group's or service's display name. */
  name: pulumi.Input<string>;
  /** `User`, `Group` or `ServicePrincipal` (managed identities too). */
  type: pulumi.Input<string>;
}

/** How a resource that works inside a server logs in to it, as the deployer and with a token. */
export interface AdminLoginArgs {
  /** DNS name of the flexible server. Changing it replaces the resource. */
  host: pulumi.Input<string>;
  /** TCP port of the server. @default 5432 */
  port?: pulumi.Input<number>;
  /** The Entra administrator to log in as: a user's principal name, or a group's or service's display name. */
  adminUser: pulumi.Input<string>;
  /**
   * The server's administrators (`EntraPostgresServer.administrators`). A login that is not one of them is refused before a connection is
   * opened; the error names the login and the administrators. With a group among them the server decides. A change has no effect on the
   * server. @default the server decides
   */
  administrators?: pulumi.Input<pulumi.Input<AdministratorArgs>[]>;
  /** PEM of the authority that signed the server's certificate. @default those that Node.js trusts, Azure's among them */
  caCert?: pulumi.Input<string>;
  /**
   * ARM id of the server. With it, a delete or refresh that cannot reach the server asks Azure whether the server still exists. Without it,
   * an unreachable server is always an error.
   */
  serverId?: pulumi.Input<string>;
  /** Seconds that one operation may take, waits and retries included, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
}
