import type { Settings } from "../config/settings.ts";
import { newMachines } from "./newMachines.ts";

const NETWORK = "Microsoft.Network";
const SERVER = "Microsoft.DBforPostgreSQL/flexibleServers";

/** Operations that the resources need, by when the program makes them. */
const NEEDS: readonly { when: (settings: Settings) => boolean; actions: readonly string[] }[] = [
  {
    when: ({ resourceGroupName }) => resourceGroupName === undefined,
    actions: ["Microsoft.Resources/subscriptions/resourceGroups/write"],
  },
  {
    when: ({ existingServerId }) => existingServerId === undefined,
    actions: [`${SERVER}/read`, `${SERVER}/write`, `${SERVER}/administrators/write`, `${SERVER}/databases/write`],
  },
  {
    when: ({ server, existingServerId }) => server.publicAccess && existingServerId === undefined,
    actions: [`${SERVER}/firewallRules/write`],
  },
  {
    when: ({ databases, existingServerId }) =>
      existingServerId === undefined && databases.some(({ extensions }) => extensions.length > 0),
    actions: [`${SERVER}/configurations/write`],
  },
  {
    when: (settings) => newMachines(settings).length > 0,
    actions: [
      "Microsoft.Compute/virtualMachines/read",
      "Microsoft.Compute/virtualMachines/write",
      `${NETWORK}/networkInterfaces/write`,
      `${NETWORK}/networkInterfaces/join/action`,
      `${NETWORK}/networkSecurityGroups/write`,
      `${NETWORK}/networkSecurityGroups/join/action`,
      `${NETWORK}/publicIPAddresses/write`,
      `${NETWORK}/publicIPAddresses/join/action`,
      `${NETWORK}/virtualNetworks/subnets/join/action`,
    ],
  },
  {
    when: (settings) => newMachines(settings).length > 0 && settings.subnets.vmSubnetId === undefined,
    actions: [`${NETWORK}/virtualNetworks/write`, `${NETWORK}/virtualNetworks/subnets/write`],
  },
  {
    when: (settings) => newMachines(settings).length > 0 && settings.ssh.sshPrivateKey === undefined,
    actions: ["Microsoft.Compute/virtualMachines/runCommands/write"],
  },
  {
    when: ({ vm }) => vm.identityType === "UserAssigned",
    actions: ["write", "assign/action"].map((verb) => `Microsoft.ManagedIdentity/userAssignedIdentities/${verb}`),
  },
  {
    when: ({ server }) => !server.publicAccess,
    actions: [
      `${SERVER}/privateEndpointConnectionsApproval/action`,
      `${NETWORK}/privateEndpoints/write`,
      `${NETWORK}/privateEndpoints/privateDnsZoneGroups/write`,
    ],
  },
  {
    when: ({ server, subnets }) => !server.publicAccess && subnets.privateDnsZoneId === undefined,
    actions: [`${NETWORK}/privateDnsZones/write`, `${NETWORK}/privateDnsZones/virtualNetworkLinks/write`],
  },
  {
    when: ({ runnerNetwork }) => runnerNetwork.runnerNetworkId !== undefined,
    actions: [`${NETWORK}/virtualNetworks/virtualNetworkPeerings/write`],
  },
  {
    when: ({ logRetentionDays }) => logRetentionDays !== undefined,
    actions: ["Microsoft.OperationalInsights/workspaces/write", "Microsoft.Insights/diagnosticSettings/write"],
  },
];

/**
 * The operations of Azure that a first `up` with these settings needs in the stack's resource group: what it changes of other programs'
 * resources may be in another one. docs/bootstrap.md has roles that allow them.
 */
export function actionsOf(settings: Settings): string[] {
  return NEEDS.filter(({ when }) => when(settings)).flatMap(({ actions }) => actions);
}

/** What one role assignment allows: its actions without its notActions. Each may hold `*`. */
export interface Permission {
  actions: readonly string[];
  notActions: readonly string[];
}

/**
 * Whether permissions allow an operation. They add up: what one takes out, another may allow.
 *
 * Source: Microsoft Learn, "Understand Azure role definitions".
 */
export function allows(permissions: readonly Permission[], action: string): boolean {
  return permissions.some(
    ({ actions, notActions }) =>
      actions.some((pattern) => covers(pattern, action)) && !notActions.some((pattern) => covers(pattern, action)),
  );
}

function covers(pattern: string, action: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(action);
}
