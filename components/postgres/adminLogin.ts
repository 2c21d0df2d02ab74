import type * as pulumi from "@pulumi/pulumi";

/** A Microsoft Entra principal that administers a server. */
export interface AdministratorArgs {
  /** Object id (principal id). Another one is another administrator. */
  objectId: pulumi.Input<string>;
  /** Names the administrator's resource, where the object id is known only during `up`. @default the object id */
  key?: string;
  /** Its role's name: a user's principal name, or a group's or service's display name. Azure does not change it. */
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
  /** The Entra administrator to log in as, where `administrators` does not say more: a user's principal name, or a display name. */
  adminUser: pulumi.Input<string>;
  /**
   * The server's administrators (`EntraPostgresServer.administrators`). The login is the one that the deployer's token belongs to, or a group.
   * A token of nobody among them is refused before a connection is opened. All of them get the right to manage what this resource creates.
   * @default `adminUser` alone
   */
  administrators?: pulumi.Input<pulumi.Input<AdministratorArgs>[]>;
  /** PEM of the authority that signed the server's certificate. @default those that Node.js trusts, Azure's among them */
  caCert?: pulumi.Input<string>;
  /**
   * ARM id of the server. With it, a delete or refresh that cannot reach the server asks Azure whether the server still exists, and a login that
   * the firewall refuses is retried while Azure lists a rule that allows it. Without it, an unreachable server is always an error.
   */
  serverId?: pulumi.Input<string>;
  /** Seconds that one operation may take, waits and retries included, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
}
