import { BlockList } from "node:net";
import type { Deadline } from "../postgres/deadline.ts";
import type { FirewallRange } from "./firewallRange.ts";
import { listFirewallRules } from "./firewallRules.ts";

/**
 * The rule of a server's firewall that allows an address, as Azure lists it; `none` without such a rule, undefined where Azure gave no list. Which
 * addresses are inside Azure is not public, so a rule for all of those counts for none.
 *
 * @param serverId ARM id of the server
 * @param address IPv4
 */
export async function ruleFor(
  serverId: string,
  address: string,
  deadline: Deadline,
): Promise<FirewallRange | "none" | undefined> {
  try {
    return (await listFirewallRules(serverId, deadline)).find((rule) => allows(rule, address)) ?? "none";
  } catch {
    return undefined;
  }
}

function allows({ startIpAddress, endIpAddress }: FirewallRange, address: string): boolean {
  const range = new BlockList();
  range.addRange(startIpAddress, endIpAddress);
  return range.check(address);
}
