/** An Azure role, with the part of its definition that the tests compare with what the program does. */
export interface Role {
  name: string;
  /** Id of a built-in role, the same in every tenant; undefined for the custom role, which this program creates. */
  id?: string;
  /** Operations on resources that the role allows; of a built-in role, those that matter here. */
  actions: readonly string[];
  /** Operations on data that the role allows. */
  dataActions: readonly string[];
}

const SERVERS = "Microsoft.DBforPostgreSQL/flexibleServers";
const CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers";

/** Operations on a type of resource. */
function on(type: string, ...verbs: string[]): string[] {
  return verbs.map((verb) => `${type}/${verb}`);
}

/**
 * Ids and actions of the built-in roles.
 * Source: Microsoft Learn, "Azure built-in roles" (MicrosoftDocs/azure-docs, articles/role-based-access-control/built-in-roles/).
 */
export const ROLES = {
  reader: { name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7", actions: ["*/read"], dataActions: [] },
  virtualMachine: {
    name: "Virtual Machine Contributor",
    id: "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    actions: [
      "Microsoft.Compute/locations/*",
      "Microsoft.Compute/virtualMachines/*",
      ...on("Microsoft.Compute/disks", "read", "write", "delete"),
      "Microsoft.Network/networkInterfaces/*",
      "Microsoft.Network/networkSecurityGroups/join/action",
      "Microsoft.Network/publicIPAddresses/join/action",
      "Microsoft.Network/virtualNetworks/subnets/join/action",
      "Microsoft.Resources/subscriptions/resourceGroups/read",
    ],
    dataActions: [],
  },
  network: {
    name: "Network Contributor",
    id: "4d97b98b-1d4f-4787-a291-c67834d212e7",
    actions: ["Microsoft.Network/*", "Microsoft.Resources/subscriptions/resourceGroups/read"],
    dataActions: [],
  },
  logAnalytics: {
    name: "Log Analytics Contributor",
    id: "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
    actions: ["*/read", "Microsoft.Insights/diagnosticSettings/*", "Microsoft.OperationalInsights/*"],
    dataActions: [],
  },
  server: {
    // The only built-in role for a flexible server is one for backups. The built-in roles for managed identities also allow
    // federatedIdentityCredentials/write, with which `deploy` could let another token issuer act as an application.
    name: "entra-postgres deploy",
    actions: [
      ...on(SERVERS, "read", "write", "delete"),
      ...on(`${SERVERS}/administrators`, "read", "write", "delete"),
      ...on(`${SERVERS}/configurations`, "read", "write"),
      ...on(`${SERVERS}/databases`, "read", "write", "delete"),
      ...on(`${SERVERS}/firewallRules`, "read", "write", "delete"),
      `${SERVERS}/privateEndpointConnectionsApproval/action`,
      "Microsoft.DBforPostgreSQL/locations/azureAsyncOperation/read",
      "Microsoft.DBforPostgreSQL/locations/operationResults/read",
      ...on("Microsoft.ManagedIdentity/userAssignedIdentities", "read", "write", "delete", "assign/action"),
    ],
    dataActions: [],
  },
  blobContributor: {
    name: "Storage Blob Data Contributor",
    id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    actions: [`${CONTAINERS}/read`],
    dataActions: on(`${CONTAINERS}/blobs`, "read", "write", "delete"),
  },
  blobReader: {
    name: "Storage Blob Data Reader",
    id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    actions: [`${CONTAINERS}/read`],
    dataActions: [`${CONTAINERS}/blobs/read`],
  },
  crypto: {
    name: "Key Vault Crypto User",
    id: "12338af0-0e69-4776-bea7-57ae8d297424",
    actions: [],
    dataActions: on("Microsoft.KeyVault/vaults/keys", "read", "encrypt/action", "decrypt/action"),
  },
} as const satisfies Record<string, Role>;
