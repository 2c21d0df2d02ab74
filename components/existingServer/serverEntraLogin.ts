import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";

/** The arguments of {@link ServerEntraLogin}. */
export interface ServerEntraLoginArgs {
  /** ARM id of the server. Changing it replaces. */
  serverId: pulumi.Input<string>;
  /** Tenant whose principals may log in. */
  tenantId: pulumi.Input<string>;
  /** Seconds that one operation may take, waits included, 1 to 3600. @default 1800 */
  deadlineSeconds?: pulumi.Input<number>;
}

/**
 * Microsoft Entra logins of a server that another program made. They are enabled where they are off, which restarts the server; password logins and
 * everything else stay. A delete gives the server back: it disables what it enabled, and leaves what was there.
 *
 * It asks Azure as whoever runs Pulumi, who needs `Microsoft.DBforPostgreSQL/flexibleServers/read` and, to enable the logins, `…/write`.
 *
 * @throws {UserError} EP-SERVER-06 for a server that does not exist, EP-AZ-18 where Azure refuses the change
 */
export class ServerEntraLogin extends DynamicResource {
  /** ARM id of the server, known once it takes tokens. */
  declare readonly serverId: pulumi.Output<string>;

  constructor(name: string, args: ServerEntraLoginArgs, opts?: pulumi.CustomResourceOptions) {
    const { serverId, tenantId, deadlineSeconds = 1800 } = args;
    super(
      { type: "ServerEntraLogin", runtime: "server-entra-login-runtime" },
      name,
      { serverId, tenantId, deadlineSeconds, former: undefined },
      opts,
    );
  }
}
