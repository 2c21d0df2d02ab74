import type * as pulumi from "@pulumi/pulumi";
import { IdentityVm, type PrivateNetwork } from "entra-postgres";
import type { AppSettings } from "./config/app.ts";
import type { Settings } from "./config/settings.ts";
import type { Scope } from "./scope.ts";

/** An application's VM, whose identity logs in. */
export interface Machine {
  app: AppSettings;
  vm: IdentityVm;
}

/** One VM for each application: in the private network where there is one, else each in a network of its own. */
export function createMachines(settings: Settings, scope: Scope, network: PrivateNetwork | undefined): Machine[] {
  const subnet = network ? { subnetId: network.machineSubnetId } : {};
  return settings.apps.map((app) => ({
    app,
    vm: new IdentityVm(app.name, { ...scope, ...settings.vm, ...subnet, vmName: app.vmName }, renamedFrom(app)),
  }));
}

/** Options of an application's resources: the state knows them by the name that it had before. */
export function renamedFrom({ formerName }: AppSettings): pulumi.ResourceOptions {
  return formerName === undefined ? {} : { aliases: [{ name: formerName }] };
}
