import type { Identity } from "./identity.ts";

/** An Azure role, with as much of its definition as is needed to hold it against what the program does. */
export interface Role {
  /** Its name in Azure; of the role that the bootstrap makes, with the resource group in it. */
  name: string;
  /** Id of a built-in role, the same in every tenant; undefined: the bootstrap makes the role. */
  id?: string;
  /** What it allows on resources; of a built-in role, the part that matters here. */
  actions: readonly string[];
  /** What it allows on data. */
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
    // Azure has no built-in role for a flexible server beside one for backups, and the built-in roles for managed identities also
    // allow to trust a foreign token issuer (federatedIdentityCredentials/write), which the program does not do.
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

/** Where a role is given; the narrowest place that does. */
export type Scope = "stack" | "state" | "key" | "runners";

/** The scopes, in words for people. */
export const SCOPES: Readonly<Record<Scope, string>> = {
  stack: "the stack's resource group",
  state: "the state container",
  key: "the key",
  runners: "the runners' network",
};

/** That someone is given a role, and why. */
export interface Grant {
  /** Who: one of the pipelines' identities, or whoever runs the bootstrap. */
  to: Identity | "operator";
  /** A key of {@link ROLES}. */
  role: keyof typeof ROLES;
  /** Where. */
  on: Scope;
  /** Why it is needed, for the table in docs/bootstrap.md. */
  why: string;
}

/** Every role that the bootstrap gives. docs/bootstrap.md shows it as a table, made by rolesTable.ts. */
export const GRANTS: readonly Grant[] = [
  {
    to: "deploy",
    role: "virtualMachine",
    on: "stack",
    why: "the VM, its disk and network interface, and the run command that proves the login",
  },
  {
    to: "deploy",
    role: "network",
    on: "stack",
    why: "network, subnets, security groups, public addresses; private endpoint and private DNS zone where the server is private",
  },
  {
    to: "deploy",
    role: "logAnalytics",
    on: "stack",
    why: "workspace and diagnostic setting; reading everything else, the VM's client id among it",
  },
  {
    to: "deploy",
    role: "server",
    on: "stack",
    why: "server, administrators, databases, parameters, firewall rules; user-assigned identities, without their federated credentials",
  },
  { to: "deploy", role: "network", on: "runners", why: "the peering is made from both sides" },
  { to: "deploy", role: "blobContributor", on: "state", why: "an update locks the stack and writes its state" },
  { to: "deploy", role: "crypto", on: "key", why: "the stack's data key is decrypted with it" },
  { to: "preview", role: "reader", on: "stack", why: "functions of the provider read what is there" },
  {
    to: "preview",
    role: "blobReader",
    on: "state",
    why: "a preview reads the state; it takes no lock and writes nothing",
  },
  { to: "preview", role: "crypto", on: "key", why: "the stack's data key is decrypted with it" },
  { to: "drift", role: "reader", on: "stack", why: "a refresh reads every resource, and lists the firewall's rules" },
  { to: "drift", role: "reader", on: "runners", why: "a refresh reads the peering on that side" },
  {
    to: "drift",
    role: "blobReader",
    on: "state",
    why: "`refresh --preview-only` reads the state; it takes no lock and writes nothing",
  },
  { to: "drift", role: "crypto", on: "key", why: "the stack's data key is decrypted with it" },
  {
    to: "operator",
    role: "blobContributor",
    on: "state",
    why: "`pulumi stack init`: an Owner of the account may not read or write blobs",
  },
  { to: "operator", role: "crypto", on: "key", why: "`pulumi stack init` encrypts the stack's new data key" },
];

/** The name of the role that the bootstrap makes; names of roles are unique in a tenant. */
export function customRoleName(resourceGroup: string): string {
  return `${ROLES.server.name} (${resourceGroup})`;
}
