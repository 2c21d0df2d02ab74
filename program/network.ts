import type * as pulumi from "@pulumi/pulumi";
import { PrivateNetwork } from "entra-postgres";
import type { Settings } from "./config/settings.ts";
import type { Existing } from "./existing.ts";
import type { Scope } from "./scope.ts";

/** Where a private server's address and the VMs are. */
export interface Network {
  /** Undefined: there are no new VMs. */
  machineSubnetId: pulumi.Input<string> | undefined;
  endpointSubnetId: pulumi.Input<string>;
  privateZoneId: pulumi.Input<string>;
}

/** The network of a new server without a public endpoint: the configured subnets, or a new one. */
export function createNetwork(settings: Settings, scope: Scope, { server }: Existing): Network | undefined {
  if (server || settings.server.publicAccess) return undefined;
  const { vmSubnetId, endpointSubnetId, privateDnsZoneId } = settings.subnets;
  if (endpointSubnetId && privateDnsZoneId) {
    return { machineSubnetId: vmSubnetId, endpointSubnetId, privateZoneId: privateDnsZoneId };
  }
  return new PrivateNetwork("app", { ...scope, ...settings.runnerNetwork });
}
