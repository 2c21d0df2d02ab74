import type { FirewallRule } from "../../../postgres/firewall.ts";
import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { FIREWALL_RULE, PRIVATE_ENDPOINT } from "../resourceTypes.ts";

/** What decides which clients can connect to a server. A setting that is left out has its stored value. */
export interface Access {
  /** `Enabled` or `Disabled`. */
  publicAccess?: string | undefined;
  rules?: readonly FirewallRule[];
  hasEndpoint?: boolean;
}

/**
 * Tells the server's gateway which clients can connect: with a private endpoint every client, since all of the sandbox count as inside
 * the network; else the addresses of the firewall rules; without public access no client.
 */
export function applyAccess(context: ArmContext, serverId: string, access: Access = {}): void {
  const {
    publicAccess = textAt(context.store.get(serverId)?.state, "network.publicNetworkAccess"),
    rules = firewallRulesOf(context, serverId).map(asRule),
    hasEndpoint = endpointsOf(context, serverId).length > 0,
  } = access;
  const open = publicAccess === "Disabled" ? [] : rules;
  context.servers.get(serverId.toLowerCase())?.setFirewallRules(hasEndpoint ? undefined : [...open]);
}

/** The firewall rules of a server. */
export function firewallRulesOf(context: ArmContext, serverId: string): ArmResource[] {
  return context.store.inside(serverId).filter((resource) => resource.token === FIREWALL_RULE.token);
}

/** A firewall rule as the gateway takes it. */
export function asRule({ id, state }: ArmResource): FirewallRule {
  return { name: nameInId(id), startIpAddress: String(state.startIpAddress), endIpAddress: String(state.endIpAddress) };
}

/** The private endpoints of a server. */
export function endpointsOf(context: ArmContext, serverId: string): ArmResource[] {
  return context.store
    .list(PRIVATE_ENDPOINT.token)
    .filter(({ hidden }) => sameArmId(String(hidden.serverId), serverId));
}
