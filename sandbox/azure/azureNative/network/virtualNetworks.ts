import { listAt, textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { requireReference } from "../engine/requireReference.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { NETWORK_SECURITY_GROUP, SUBNET, VIRTUAL_NETWORK } from "../resourceTypes.ts";
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
      return {};
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
      return {};
    },
    mayDelete: (subnet) => requireUnused(context.store, subnet.id),
  };
}

/** @throws ArmError when the security group does not exist */
export function requireSecurityGroup(context: ArmContext, id: string | undefined): void {
  if (id !== undefined) requireReference(context.store, NETWORK_SECURITY_GROUP, id);
}

function requireBlock(prefix: string, id: string): Ipv4Range {
  const block = ipv4Block(prefix);
  if (block) return block;
  throw armError("InvalidCIDRNotation", { prefix, id });
}

function requireInside(block: Ipv4Range, subnetName: string, network: ArmResource | undefined): void {
  const prefixes = listAt(network?.state, "addressSpace.addressPrefixes").map(String);
  if (prefixes.some((prefix) => contains(ipv4Block(prefix), block))) return;
  throw armError("NetcfgSubnetRangeOutsideVnet", {
    subnet: subnetName,
    network: network?.state.name,
    prefixes: prefixes.join(", "),
  });
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
  throw armError("NetcfgSubnetRangesOverlap", {
    subnet: names.subnetName,
    network: names.virtualNetworkName,
    other: other.state.name,
    prefix: other.state.addressPrefix,
  });
}

function requireRoomForSubnets(children: readonly ArmResource[], prefixes: readonly string[]): void {
  const left = children.find((child) => {
    const block = ipv4Block(String(child.state.addressPrefix));
    return block !== undefined && !prefixes.some((prefix) => contains(ipv4Block(prefix), block));
  });
  if (left === undefined) return;
  throw armError("SubnetOutsideChangedNetwork", { subnet: left.state.name, prefix: left.state.addressPrefix });
}

function contains(outer: Ipv4Range | undefined, inner: Ipv4Range): boolean {
  return outer !== undefined && outer.first <= inner.first && inner.last <= outer.last;
}

function overlaps(one: Ipv4Range | undefined, other: Ipv4Range): boolean {
  return one !== undefined && one.first <= other.last && other.first <= one.last;
}
