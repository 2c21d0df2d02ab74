import { textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { systemData } from "../engine/systemData.ts";
import { ipv4Number } from "../network/ipv4Range.ts";
import { applyAccess, asRule, firewallRulesOf } from "./serverAccess.ts";
import { requireRunning } from "./serverContents.ts";
import { FIREWALL_RULE } from "./types.ts";

/** Firewall rules; the server's gateway enforces them on the client's address. */
export function firewallRules(context: ArmContext): Behaviour {
  const { operations, services } = context;
  return {
    type: FIREWALL_RULE,
    async put({ id, names, inputs, existing }) {
      const { server } = requireRunning(context, id);
      requirePublicAccess(server);
      const range = { startIpAddress: String(inputs.startIpAddress), endIpAddress: String(inputs.endIpAddress) };
      requireOrder(range);
      await operations.run(server.id, `firewall rule ${names.firewallRuleName}`, async () => {
        const rules = othersThan(context, server.id, id).map(asRule);
        applyAccess(context, server.id, { rules: [...rules, { name: names.firewallRuleName ?? "", ...range }] });
      });
      return { state: { ...range, systemData: systemData(existing, services.deployer) } };
    },
    async remove(rule, withParent) {
      if (withParent) return;
      const { server } = requireRunning(context, rule.id);
      await operations.run(server.id, `deletion of firewall rule ${nameInId(rule.id)}`, async () => {
        applyAccess(context, server.id, { rules: othersThan(context, server.id, rule.id).map(asRule) });
      });
    },
  };
}

function othersThan(context: ArmContext, serverId: string, id: string): ArmResource[] {
  return firewallRulesOf(context, serverId).filter((rule) => !sameArmId(rule.id, id));
}

function requirePublicAccess(server: ArmResource): void {
  const access = textAt(server.state, "network.publicNetworkAccess");
  if (access === "Enabled" && !textAt(server.state, "network.delegatedSubnetResourceId")) return;
  throw new ArmError(
    400,
    "OperationNotSupported",
    `Firewall rule operations cannot be requested for server '${nameInId(server.id)}', which has no public network access.`,
    'Set network.publicNetworkAccess to "Enabled" on the server, or leave the firewall rule out.',
  );
}

function requireOrder({ startIpAddress, endIpAddress }: Props): void {
  if ((ipv4Number(String(startIpAddress)) ?? 0) <= (ipv4Number(String(endIpAddress)) ?? 0)) return;
  throw new ArmError(
    400,
    "InvalidParameterValue",
    `The start address ${startIpAddress} of a firewall rule is behind its end address ${endIpAddress}.`,
    "Swap startIpAddress and endIpAddress.",
  );
}
