import type * as pulumi from "@pulumi/pulumi";
import { ExistingVm, IdentityVm } from "entra-postgres";
import type { AppSettings, PrincipalType } from "./config/app.ts";
import type { Settings } from "./config/settings.ts";
import type { Existing } from "./existing.ts";
import type { Network } from "./network.ts";
import type { Scope } from "./scope.ts";

/** A VM that connects to the server. */
export interface Machine {
  vmName: pulumi.Input<string>;
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  adminUsername: pulumi.Input<string>;
  /** Undefined: it has none of its own. */
  publicIpAddress: pulumi.Input<string> | undefined;
}

/** Whose identity logs in as an application. */
export interface Identity {
  app: AppSettings;
  objectId: pulumi.Input<string>;
  /** Undefined: not known, and not needed to get a token as the identity. */
  clientId: pulumi.Input<string> | undefined;
  roleName: pulumi.Input<string>;
  principalType: PrincipalType;
  /** Where the login is tested. Undefined: no VM is known that has the identity. */
  machine: Machine | undefined;
}

/** For each application the identity of its new VM, or the one that another program made. */
export function createIdentities(
  settings: Settings,
  scope: Scope,
  network: Network | undefined,
  existing: Existing,
): Identity[] {
  return settings.apps.map((app) => {
    const vm = existing.vms.get(app.name);
    if (vm) return existingMachine(app, vm.publicIpAddress);
    const identity = existing.identities.get(app.name);
    if (identity) return { ...bare(app), objectId: identity.principalId, clientId: identity.clientId };
    if (app.principal) return { ...bare(app), objectId: app.principal.objectId, principalType: app.principal.type };
    return newMachine(app, settings, scope, network);
  });
}

/** Options of an application's resources: the state knows them by the name that it had before. */
export function renamedFrom({ formerName }: AppSettings): pulumi.ResourceOptions {
  return formerName === undefined ? {} : { aliases: [{ name: formerName }] };
}

/** A VM of the application's own: in the private network where there is one, else in the configured subnet or a network of its own. */
function newMachine(app: AppSettings, settings: Settings, scope: Scope, network: Network | undefined): Identity {
  const subnet = network?.machineSubnetId ?? settings.subnets.vmSubnetId;
  const { vmName = app.roleName } = app;
  const args = { ...scope, ...settings.vm, ...(subnet ? { subnetId: subnet } : {}), vmName };
  const vm = new IdentityVm(app.name, args, renamedFrom(app));
  const { principalId: objectId, clientId, identityName: roleName, publicIpAddress, adminUsername } = vm;
  const machine = { ...scope, vmName: vm.vmName, publicIpAddress, adminUsername };
  return { ...bare(app), objectId, clientId, roleName, machine };
}

function existingMachine(app: AppSettings, address: string): Identity {
  const { existingVmId: vmId = "", identityId } = app;
  const vm = new ExistingVm(app.name, { vmId, ...(identityId ? { identityId } : {}) }, renamedFrom(app));
  const { principalId: objectId, clientId, identityName: roleName } = vm;
  const { vmName, resourceGroupName, location, adminUsername } = vm;
  const publicIpAddress = address === "" ? undefined : vm.publicIpAddress;
  return {
    ...bare(app),
    ...{ objectId, clientId, roleName },
    machine: { vmName, resourceGroupName, location, adminUsername, publicIpAddress },
  };
}

function bare(app: AppSettings) {
  return { app, roleName: app.roleName, clientId: undefined, principalType: "service" as const, machine: undefined };
}
