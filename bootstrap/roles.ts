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
      "Microsoft.Compute/disks/read",
      "Microsoft.Compute/disks/write",
      "Microsoft.Compute/disks/delete",
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
      "Microsoft.DBforPostgreSQL/flexibleServers/read",
      "Microsoft.DBforPostgreSQL/flexibleServers/write",
      "Microsoft.DBforPostgreSQL/flexibleServers/delete",
      "Microsoft.DBforPostgreSQL/flexibleServers/administrators/read",
      "Microsoft.DBforPostgreSQL/flexibleServers/administrators/write",
      "Microsoft.DBforPostgreSQL/flexibleServers/administrators/delete",
      "Microsoft.DBforPostgreSQL/flexibleServers/configurations/read",
      "Microsoft.DBforPostgreSQL/flexibleServers/configurations/write",
      "Microsoft.DBforPostgreSQL/flexibleServers/databases/read",
      "Microsoft.DBforPostgreSQL/flexibleServers/databases/write",
      "Microsoft.DBforPostgreSQL/flexibleServers/databases/delete",
      "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/read",
      "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/write",
      "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/delete",
      "Microsoft.DBforPostgreSQL/flexibleServers/privateEndpointConnectionsApproval/action",
      "Microsoft.DBforPostgreSQL/locations/azureAsyncOperation/read",
      "Microsoft.DBforPostgreSQL/locations/operationResults/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/write",
      "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
      "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    ],
    dataActions: [],
  },
  blobContributor: {
    name: "Storage Blob Data Contributor",
    id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    actions: ["Microsoft.Storage/storageAccounts/blobServices/containers/read"],
    dataActions: [
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
    ],
  },
  blobReader: {
    name: "Storage Blob Data Reader",
    id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    actions: ["Microsoft.Storage/storageAccounts/blobServices/containers/read"],
    dataActions: ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
  },
  crypto: {
    name: "Key Vault Crypto User",
    id: "12338af0-0e69-4776-bea7-57ae8d297424",
    actions: [],
    dataActions: [
      "Microsoft.KeyVault/vaults/keys/read",
      "Microsoft.KeyVault/vaults/keys/encrypt/action",
      "Microsoft.KeyVault/vaults/keys/decrypt/action",
    ],
  },
} as const satisfies Record<string, Role>;
