import { listAt, textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError } from "../engine/armError.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { SUBNET, VIRTUAL_NETWORK } from "../resourceTypes.ts";
import { type Ipv4Range, ipv4Block } from "./ipv4Range.ts";
import { requireUnused } from "./networkUse.ts";

/** Virtual networks. Nothing is routed: they are address plans that are kept consistent. */
export function virtualNetworks(context: ArmContext): Behaviour {
  return {
    type: VIRTUAL_NETWORK,
    async put({ id, inputs }) {
      const prefixes = listAt(inputs, "addressSpace.addressPrefixes").map(String);
      for (const prefix of prefixes) requireBlock(prefix, id);
      requireRoomForSubnets(context.store.inside(id), prefixes);
      return {
        state: {
          addressSpace: { addressPrefixes: prefixes },
          enableDdosProtection: false,
          enableVmProtection: false,
        },
      };
    },
    mayDelete: (network) => requireUnused(context.store, network.id),
  };
}

/** Subnets. */
export function subnets(context: ArmContext): Behaviour {
  return {
    type: SUBNET,
    async put({ id, names, inputs }) {
      const prefix = String(inputs.addressPrefix);
      const block = requireBlock(prefix, id);
      const networkId = id.slice(0, id.lastIndexOf("/subnets/"));
      const network = context.store.get(networkId);
      requireInside(block, names.subnetName ?? "", network);
      requireNoOverlap(block, id, names, context.store.inside(networkId));
      requireSecurityGroup(context, textAt(inputs, "networkSecurityGroup.id"));
      return {
        state: {
          addressPrefix: prefix,
          privateEndpointNetworkPolicies: inputs.privateEndpointNetworkPolicies ?? "Disabled",
          privateLinkServiceNetworkPolicies: inputs.privateLinkServiceNetworkPolicies ?? "Enabled",
          defaultOutboundAccess: inputs.defaultOutboundAccess,
          networkSecurityGroup: inputs.networkSecurityGroup,
        },
      };
    },
    mayDelete: (subnet) => requireUnused(context.store, subnet.id),
  };
}

/** @throws ArmError when the security group does not exist */
export function requireSecurityGroup(context: ArmContext, id: string | undefined): void {
  if (id === undefined || context.store.get(id) !== undefined) return;
  throw new ArmError(
    404,
    "InvalidResourceReference",
    `Resource ${id} referenced by this resource was not found.`,
    "Pass the NetworkSecurityGroup's `id` output.",
  );
}

function requireBlock(prefix: string, id: string): Ipv4Range {
  const block = ipv4Block(prefix);
  if (block) return block;
  throw new ArmError(
    400,
    "InvalidCIDRNotation",
    `The address prefix ${prefix} in resource ${id} is not formatted correctly.`,
    "Use an IPv4 block such as 10.42.0.0/24, with no bits set behind its prefix.",
  );
}

function requireInside(block: Ipv4Range, subnetName: string, network: ArmResource | undefined): void {
  const prefixes = listAt(network?.state, "addressSpace.addressPrefixes").map(String);
  if (prefixes.some((prefix) => contains(ipv4Block(prefix), block))) return;
  throw new ArmError(
    400,
    "NetcfgSubnetRangeOutsideVnet",
    `Subnet '${subnetName}' is not valid because its IP address range is outside the IP address range of virtual network ` +
      `'${network?.state.name}'.`,
    `Choose an addressPrefix inside ${prefixes.join(", ")}.`,
  );
}

function requireNoOverlap(
  block: Ipv4Range,
  id: string,
  names: Record<string, string>,
  siblings: readonly ArmResource[],
): void {
  const other = siblings.find(
    (sibling) =>
      sibling.token === SUBNET.token &&
      sibling.id.toLowerCase() !== id.toLowerCase() &&
      overlaps(ipv4Block(String(sibling.state.addressPrefix)), block),
  );
  if (other === undefined) return;
  throw new ArmError(
    400,
    "NetcfgSubnetRangesOverlap",
    `Subnet '${names.subnetName}' is not valid because its IP address range overlaps with that of an existing subnet in virtual ` +
      `network '${names.virtualNetworkName}'.`,
    `Subnet '${other.state.name}' has ${other.state.addressPrefix}: choose another addressPrefix.`,
  );
}

function requireRoomForSubnets(children: readonly ArmResource[], prefixes: readonly string[]): void {
  const left = children.find((child) => {
    const block = ipv4Block(String(child.state.addressPrefix));
    return block !== undefined && !prefixes.some((prefix) => contains(ipv4Block(prefix), block));
  });
  if (left === undefined) return;
  throw new ArmError(
    400,
    "NetcfgSubnetRangeOutsideVnet",
    `Subnet '${left.state.name}' is not valid because its IP address range is outside the IP address range of its virtual network.`,
    `Keep ${left.state.addressPrefix} in addressSpace, or delete the subnet first.`,
  );
}

function contains(outer: Ipv4Range | undefined, inner: Ipv4Range): boolean {
  return outer !== undefined && outer.first <= inner.first && inner.last <= outer.last;
}

function overlaps(one: Ipv4Range | undefined, other: Ipv4Range): boolean {
  return one !== undefined && one.first <= other.last && other.first <= one.last;
}
