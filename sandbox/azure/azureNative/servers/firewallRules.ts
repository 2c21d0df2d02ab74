import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { ipv4Number } from "../network/ipv4Range.ts";
import { FIREWALL_RULE } from "../resourceTypes.ts";
import { applyAccess, asRule, firewallRulesOf } from "./serverAccess.ts";
import { serverChild } from "./serverChild.ts";

/** Firewall rules; the server's gateway applies them to the client's address. */
export function firewallRules(context: ArmContext): Behaviour {
  const othersThan = (serverId: string, id: string) =>
    firewallRulesOf(context, serverId)
      .filter((rule) => !sameArmId(rule.id, id))
      .map(asRule);
  return serverChild(context, {
    type: FIREWALL_RULE,
    what: "firewall rule",
    plan({ id, server, name, inputs }) {
      requirePublicAccess(server);
      const range = { startIpAddress: String(inputs.startIpAddress), endIpAddress: String(inputs.endIpAddress) };
      const [start, end] = [ipv4Number(range.startIpAddress) ?? 0, ipv4Number(range.endIpAddress) ?? 0];
      if (start > end) throw armError("RangeEndsBeforeStart", range);
      const apply = () =>
        applyAccess(context, server.id, { rules: [...othersThan(server.id, id), { name, ...range }] });
      return { state: range, apply };
    },
    remove: ({ id, server }) => applyAccess(context, server.id, { rules: othersThan(server.id, id) }),
  });
}

function requirePublicAccess(server: ArmResource): void {
  const access = textAt(server.state, "network.publicNetworkAccess");
  if (access === "Enabled" && !textAt(server.state, "network.delegatedSubnetResourceId")) return;
  throw armError("OperationNotSupported", { server: nameInId(server.id) });
}
