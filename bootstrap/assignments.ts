import type { IdentityName } from "./environments.ts";
import type { ROLES } from "./roles.ts";

/** Where a role is assigned, in words for people. */
export const ROLE_SCOPES = {
  stack: "the stack's resource group",
  state: "the state container",
  key: "the key",
  runners: "the runners' network",
} as const;

/** The narrowest scope that serves. */
export type RoleScope = keyof typeof ROLE_SCOPES;

/** A role assignment, and why it is needed. */
export interface Assignment {
  /** One of the pipelines' identities, or the operator, who moves the state and creates stacks. */
  principal: IdentityName | "operator";
  role: keyof typeof ROLES;
  scope: RoleScope;
  reason: string;
}

/** Every role assignment. docs/bootstrap.md shows them as a table, which rolesTable.ts writes. */
export const ASSIGNMENTS: readonly Assignment[] = [
  {
    principal: "deploy",
    role: "virtualMachine",
    scope: "stack",
    reason: "creates the VM, its disk and network interface, and the run command that tests the login",
  },
  {
    principal: "deploy",
    role: "network",
    scope: "stack",
    reason:
      "creates network, subnets, security groups and public addresses; private endpoint and DNS zone of a private server",
  },
  {
    principal: "deploy",
    role: "logAnalytics",
    scope: "stack",
    reason: "creates workspace and diagnostic setting; reads everything else, such as the VM's client id",
  },
  {
    principal: "deploy",
    role: "server",
    scope: "stack",
    reason:
      "creates server, administrators, databases, parameters, firewall rules, and user-assigned identities without credentials",
  },
  { principal: "deploy", role: "network", scope: "runners", reason: "creates the peering on that side, too" },
  {
    principal: "deploy",
    role: "blobContributor",
    scope: "state",
    reason: "an update locks the stack and writes its state",
  },
  { principal: "deploy", role: "crypto", scope: "key", reason: "decrypts the stack's data key" },
  { principal: "preview", role: "reader", scope: "stack", reason: "the provider's functions read existing resources" },
  {
    principal: "preview",
    role: "blobReader",
    scope: "state",
    reason: "a preview reads the state; it takes no lock and writes nothing",
  },
  { principal: "preview", role: "crypto", scope: "key", reason: "decrypts the stack's data key" },
  {
    principal: "drift",
    role: "reader",
    scope: "stack",
    reason: "a refresh reads every resource and lists the firewall rules",
  },
  { principal: "drift", role: "reader", scope: "runners", reason: "a refresh reads the peering on that side" },
  {
    principal: "drift",
    role: "blobReader",
    scope: "state",
    reason: "`refresh --preview-only` reads the state; it takes no lock and writes nothing",
  },
  { principal: "drift", role: "crypto", scope: "key", reason: "decrypts the stack's data key" },
  {
    principal: "operator",
    role: "blobContributor",
    scope: "state",
    reason: "creates stacks and moves their state; Owner of the account does not include reading or writing blobs",
  },
  {
    principal: "operator",
    role: "crypto",
    scope: "key",
    reason: "`pulumi stack init` encrypts the new stack's data key",
  },
];
