import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";

/** The arguments of {@link ServerReadiness}. */
export interface ServerReadinessArgs {
  /** ARM id of the flexible server. Changing it replaces the resource, which changes nothing on a server. */
  serverId: pulumi.Input<string>;
  /** Seconds that the server has, 1 to 3600. @default 900 */
  deadlineSeconds?: pulumi.Input<number>;
}

/**
 * Waits until a new server takes administrators, with progress. Azure may refuse them for a while after the server's creation is done (409,
 * AadAuthOperationCannotBePerformedWhenServerIsNotAccessible), and the azure-native provider does not try again.
 * Source: Azure/azure-postgresql issue 127.
 *
 * It deletes an administrator that cannot exist, whose object id is all zeros: Azure refuses that, too, until the server is accessible. Whoever
 * runs Pulumi needs `Microsoft.DBforPostgreSQL/flexibleServers/administrators/delete`, which a destroy needs as well.
 *
 * @throws {UserError} EP-AZ-17 for a server that takes none in time, EP-AZ-18 where Azure refuses the question
 */
export class ServerReadiness extends DynamicResource {
  constructor(
    name: string,
    { serverId, deadlineSeconds = 900 }: ServerReadinessArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super({ type: "ServerReadiness", runtime: "server-readiness-runtime" }, name, { serverId, deadlineSeconds }, opts);
  }
}
