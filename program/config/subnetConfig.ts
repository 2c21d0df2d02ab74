import type { AppSettings } from "./app.ts";
import type { Configuration } from "./configuration.ts";
import { SCHEMA } from "./schema.ts";
import type { ServerSettings } from "./serverConfig.ts";

/** Subnets and a private DNS zone that other programs made, by ARM id. */
export interface Subnets {
  vmSubnetId?: string;
  /** Together with `privateDnsZoneId`. */
  endpointSubnetId?: string;
  privateDnsZoneId?: string;
}

const NAMES = ["vmSubnetId", "endpointSubnetId", "privateDnsZoneId"] as const;

/** Reads the subnets, and reports what does not fit together. */
export function readSubnets(config: Configuration, server: ServerSettings, apps: readonly AppSettings[]): Subnets {
  const stated = NAMES.flatMap((name) => {
    const id = config.stated(name);
    return id === undefined ? [] : [[name, id] as const];
  });
  const subnets: Subnets = Object.fromEntries(stated);
  const hasNewVm = apps.some(({ vmName }) => vmName !== undefined);
  if (subnets.vmSubnetId && !hasNewVm) refuse(config, "vmSubnetId", "with a new VM only");
  const endpoint = ["endpointSubnetId", "privateDnsZoneId"] as const;
  if (server.publicAccess && config.isSettled("publicAccess")) {
    const words = config.has("existingServerId") ? "without existingServerId only" : "with publicAccess Disabled only";
    for (const name of endpoint) if (config.has(name)) refuse(config, name, words);
    return subnets;
  }
  if (!endpoint.some((name) => config.has(name))) {
    if (subnets.vmSubnetId)
      require(config, "endpointSubnetId", "beside vmSubnetId, a subnet for the server's endpoint");
    return subnets;
  }
  for (const name of endpoint)
    if (!config.has(name)) require(config, name, "endpointSubnetId and privateDnsZoneId together");
  if (hasNewVm && !config.has("vmSubnetId"))
    require(config, "vmSubnetId", "beside endpointSubnetId, a subnet for the VMs");
  return subnets;
}

type Name = (typeof NAMES)[number];

function refuse(config: Configuration, key: Name, allowed: string): void {
  const value = config.shown(key);
  config.problems.add({ code: "EP-CONFIG-04", key, value, allowed, repair: { remove: key } });
}

function require(config: Configuration, key: Name, allowed: string): void {
  config.problems.add({ code: "EP-CONFIG-04", key, allowed, repair: SCHEMA[key].example });
}
