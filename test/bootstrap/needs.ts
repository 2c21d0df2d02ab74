/** read, write and delete of a type of resource. */
function all(type: string): string[] {
  return ["read", "write", "delete"].map((verb) => `${type}/${verb}`);
}

const NETWORK = "Microsoft.Network";
const SERVER = "Microsoft.DBforPostgreSQL/flexibleServers";
const VM = "Microsoft.Compute/virtualMachines";

/**
 * The operations that the program needs on ARM, by the file of @pulumi/azure-native that it imports. The tests compare the imports with
 * this list, and this list with the roles of `deploy`: a new resource without a right fails there and not in the first deployment.
 * Source: Microsoft Learn, "Azure permissions" (resource provider operations) of each provider.
 */
export const NEEDS: Readonly<Record<string, readonly string[]>> = {
  "authorization/getClientConfig": [],
  "compute/getVirtualMachine": [`${VM}/read`],
  "compute/getVirtualMachineRunCommandByVirtualMachine": [`${VM}/runCommands/read`],
  "compute/virtualMachine": [
    ...all(VM),
    ...all("Microsoft.Compute/disks"),
    `${NETWORK}/networkInterfaces/join/action`,
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
  ],
  "compute/virtualMachineRunCommandByVirtualMachine": all(`${VM}/runCommands`),
  "dbforpostgresql/administratorsMicrosoftEntra": all(`${SERVER}/administrators`),
  "dbforpostgresql/configuration": [`${SERVER}/configurations/read`, `${SERVER}/configurations/write`],
  "dbforpostgresql/database": all(`${SERVER}/databases`),
  "dbforpostgresql/firewallRule": all(`${SERVER}/firewallRules`),
  "dbforpostgresql/getServer": [`${SERVER}/read`],
  "dbforpostgresql/server": [
    ...all(SERVER),
    "Microsoft.DBforPostgreSQL/locations/azureAsyncOperation/read",
    "Microsoft.DBforPostgreSQL/locations/operationResults/read",
  ],
  "managedidentity/getUserAssignedIdentity": ["Microsoft.ManagedIdentity/userAssignedIdentities/read"],
  "managedidentity/userAssignedIdentity": all("Microsoft.ManagedIdentity/userAssignedIdentities"),
  "monitor/diagnosticSetting": all("Microsoft.Insights/diagnosticSettings"),
  "network/getNetworkInterface": [`${NETWORK}/networkInterfaces/read`],
  "network/getPublicIPAddress": [`${NETWORK}/publicIPAddresses/read`],
  "network/networkInterface": [
    ...all(`${NETWORK}/networkInterfaces`),
    `${NETWORK}/publicIPAddresses/join/action`,
    `${NETWORK}/virtualNetworks/subnets/join/action`,
  ],
  "network/networkSecurityGroup": all(`${NETWORK}/networkSecurityGroups`),
  "network/privateDnsZoneGroup": [
    ...all(`${NETWORK}/privateEndpoints/privateDnsZoneGroups`),
    `${NETWORK}/privateDnsZones/join/action`,
  ],
  "network/privateEndpoint": [
    ...all(`${NETWORK}/privateEndpoints`),
    `${NETWORK}/virtualNetworks/subnets/join/action`,
    `${SERVER}/privateEndpointConnectionsApproval/action`,
  ],
  "network/publicIPAddress": all(`${NETWORK}/publicIPAddresses`),
  "network/subnet": [...all(`${NETWORK}/virtualNetworks/subnets`), `${NETWORK}/networkSecurityGroups/join/action`],
  "network/virtualNetwork": all(`${NETWORK}/virtualNetworks`),
  "network/virtualNetworkPeering": [
    ...all(`${NETWORK}/virtualNetworks/virtualNetworkPeerings`),
    `${NETWORK}/virtualNetworks/peer/action`,
  ],
  "operationalinsights/workspace": all("Microsoft.OperationalInsights/workspaces"),
  "privatedns/privateZone": all(`${NETWORK}/privateDnsZones`),
  "privatedns/virtualNetworkLink": [
    ...all(`${NETWORK}/privateDnsZones/virtualNetworkLinks`),
    `${NETWORK}/virtualNetworks/join/action`,
  ],
  // Below the VM: the client id of its system-assigned identity.
  "resources/getResource": ["Microsoft.ManagedIdentity/identities/read"],
  // The group exists: the program neither creates nor deletes it.
  "resources/resourceGroup": ["Microsoft.Resources/subscriptions/resourceGroups/read"],
};

/** Whether a role's action, which may hold `*`, allows an operation. ARM ignores case. */
export function allows(action: string, operation: string): boolean {
  const pattern = action
    .split("*")
    .map((part) => part.replace(/[.\\^$|?+()[\]{}]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${pattern}$`, "i").test(operation);
}
