import { addressText, type FirewallRange } from "../azure/firewallRange.ts";
import { listFirewallRules } from "../azure/firewallRules.ts";
import { azureKnowsNoServer, serverIdProblem } from "../azure/flexibleServer.ts";
import { persist, report } from "../postgres/operation.ts";
import { type DriftCheckInputs, driftCheckRuntime, listProblem } from "./driftCheck.ts";
import { azureProblem, firewallOf, undeclaredRules } from "./firewallProblem.ts";

/** What the engine calls for a `FirewallDriftCheck`. */

/** The inputs as the engine hands them over. */
export interface FirewallDriftCheckInputs extends DriftCheckInputs {
  serverId: string;
  rules: FirewallRange[];
}

export const { check, diff, create, update, read, remove } = driftCheckRuntime<
  FirewallRange,
  "rules",
  FirewallDriftCheckInputs
>({
  property: "rules",
  things: "the firewall rules",
  server: "serverId",
  problems: ({ serverId, rules }) => ({
    serverId: serverIdProblem(String(serverId)),
    rules: listProblem(rules, ["name", "startIpAddress", "endIpAddress"]),
  }),
  location: ({ serverId }) => firewallOf(serverId),
  list: ({ serverId, deadlineSeconds }, step) =>
    persist(
      {
        at: firewallOf(serverId),
        deadlineSeconds,
        report,
        onFailure: async ({ phase, code }, deadline) =>
          phase === "azure" && code === "404" && (await azureKnowsNoServer(serverId, deadline))
            ? { done: true }
            : undefined,
        explain: (failure, deadline) => azureProblem(serverId, step, failure, deadline),
      },
      ({ deadline }) => listFirewallRules(serverId, deadline),
    ),
  key: ({ name }) => name.toLowerCase(),
  show: addressText,
  refusal: ({ serverId, rules }, undeclared, step) => undeclaredRules(serverId, step, rules, undeclared),
});
