import { getClientConfig } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { getServer } from "@pulumi/azure-native/dbforpostgresql/getServer.js";
import { namesInId } from "../azure/armIds.ts";
import { serverIdProblem } from "../azure/flexibleServer.ts";
import type { ErrorCode } from "../errors/errorTable.ts";
import { UserError } from "../errors/userError.ts";

/** A flexible server that another program made. */
export interface FoundServer {
  /** ARM id, as Azure writes it. */
  serverId: string;
  serverName: string;
  resourceGroupName: string;
  /** Azure region. */
  location: string;
  /** DNS name. */
  host: string;
  /** Whether it has a public endpoint behind its firewall. */
  publicAccess: boolean;
  /** Whether it takes Microsoft Entra tokens. */
  entraEnabled: boolean;
}

/**
 * Reads a flexible server. Nothing is changed.
 *
 * @throws {UserError} EP-SERVER-05 for an id of another kind, EP-SERVER-06 where Azure answers none, EP-SERVER-07 for one of another subscription or
 * tenant, EP-SERVER-08 for a version before 16, EP-SERVER-09 for one that does not run
 */
export async function findServer(serverId: string): Promise<FoundServer> {
  const names = namesInId("flexible server", serverId);
  if (!names) {
    const problem = serverIdProblem(serverId) ?? "";
    throw refused("EP-SERVER-05", serverId, "the ARM id of a flexible server", problem);
  }
  const { subscriptionId, tenantId } = await getClientConfig();
  const { subscriptionId: own, resourceGroupName, name: serverName } = names;
  if (own.toLowerCase() !== subscriptionId.toLowerCase()) {
    throw refused("EP-SERVER-07", serverId, `the stack's subscription, ${subscriptionId}`, `subscription ${own}`);
  }
  const found = await getServer({ resourceGroupName, serverName }).catch((error) => {
    const words = error instanceof Error ? error.message : String(error);
    throw refused("EP-SERVER-06", serverId, "Azure to answer the server", words);
  });
  const { authConfig, network, state, version = "" } = found;
  const entraEnabled = authConfig?.activeDirectoryAuth === "Enabled";
  const tenant = authConfig?.tenantId ?? "";
  if (entraEnabled && tenant !== "" && tenant.toLowerCase() !== tenantId.toLowerCase()) {
    throw refused("EP-SERVER-07", serverId, `the deployer's tenant, ${tenantId}`, `tenant ${tenant}`);
  }
  if (Number(version) < 16) throw refused("EP-SERVER-08", serverId, "PostgreSQL 16 or later", `version ${version}`);
  if (state !== "Ready" && state !== "Updating") throw refused("EP-SERVER-09", serverId, "a server that runs", state);
  return {
    serverId: found.id,
    serverName: found.name,
    resourceGroupName,
    location: found.location,
    host: found.fullyQualifiedDomainName,
    // A server inside a virtual network has no public endpoint either.
    publicAccess: network?.publicNetworkAccess !== "Disabled" && !network?.delegatedSubnetResourceId,
    entraEnabled,
  };
}

function refused(code: ErrorCode, at: string, expected: string, found: string): UserError {
  return new UserError({ code, step: "reading an existing server", at, expected, found });
}
