import type { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import { PrivateDnsZoneGroup } from "@pulumi/azure-native/network/privateDnsZoneGroup.js";
import { PrivateEndpoint } from "@pulumi/azure-native/network/privateEndpoint.js";
import type * as pulumi from "@pulumi/pulumi";
import type { EntraPostgresServerArgs, PrivateEndpointArgs } from "./entraPostgresServerArgs.ts";

/**
 * The sub-resource of a flexible server that an endpoint leads to.
 * Source: Microsoft Learn, "What is a private endpoint?", Private-link resource.
 */
const SUB_RESOURCE = "postgresqlServer";

/** A private address of the server, and the record by which its name leads there. @returns what has to be there before the name does */
export function createPrivateEndpoint(
  name: string,
  args: EntraPostgresServerArgs,
  { subnetId, privateZoneId }: PrivateEndpointArgs,
  server: Server,
  options: pulumi.CustomResourceOptions,
): pulumi.CustomResource[] {
  const { resourceGroupName, location } = args;
  const endpoint = new PrivateEndpoint(
    `${name}-endpoint`,
    {
      resourceGroupName,
      location,
      ...(args.tags ? { tags: args.tags } : {}),
      subnet: { id: subnetId },
      privateLinkServiceConnections: [{ name: "server", privateLinkServiceId: server.id, groupIds: [SUB_RESOURCE] }],
    },
    options,
  );
  const record = new PrivateDnsZoneGroup(
    `${name}-endpoint-name`,
    {
      resourceGroupName,
      privateEndpointName: endpoint.name,
      privateDnsZoneGroupName: "default",
      privateDnsZoneConfigs: [{ name: "postgres", privateDnsZoneId: privateZoneId }],
    },
    { ...options, dependsOn: [endpoint] },
  );
  return [endpoint, record];
}
