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

type Row = readonly [principal: Assignment["principal"], role: Assignment["role"], scope: RoleScope, reason: string];

const ROWS: readonly Row[] = [
  [
    "deploy",
    "virtualMachine",
    "stack",
    "creates the VM, its disk and network interface, and the run command that tests the login",
  ],
  [
    "deploy",
    "network",
    "stack",
    "creates network, subnets, security groups and public addresses; private endpoint and DNS zone of a private server",
  ],
  [
    "deploy",
    "logAnalytics",
    "stack",
    "creates workspace and diagnostic setting; reads everything else, such as the VM's client id",
  ],
  [
    "deploy",
    "server",
    "stack",
    "creates server, administrators, databases, parameters, firewall rules, and user-assigned identities without credentials",
  ],
  ["deploy", "network", "runners", "creates the peering on that side, too"],
  ["deploy", "blobContributor", "state", "an update locks the stack and writes its state"],
  ["deploy", "crypto", "key", "decrypts the stack's data key"],
  ["preview", "reader", "stack", "the provider's functions read existing resources"],
  ["preview", "blobReader", "state", "a preview reads the state; it takes no lock and writes nothing"],
  ["preview", "crypto", "key", "decrypts the stack's data key"],
  ["drift", "reader", "stack", "a refresh reads every resource and lists the firewall rules"],
  ["drift", "reader", "runners", "a refresh reads the peering on that side"],
  ["drift", "blobReader", "state", "`refresh --preview-only` reads the state; it takes no lock and writes nothing"],
  ["drift", "crypto", "key", "decrypts the stack's data key"],
  [
    "operator",
    "blobContributor",
    "state",
    "creates stacks and moves their state; Owner of the account does not include reading or writing blobs",
  ],
  ["operator", "crypto", "key", "`pulumi stack init` encrypts the new stack's data key"],
];

/** Every role assignment. docs/bootstrap.md shows them as a table, which rolesTable.ts writes. */
export const ASSIGNMENTS: readonly Assignment[] = ROWS.map(([principal, role, scope, reason]) => ({
  principal,
  role,
  scope,
  reason,
}));
