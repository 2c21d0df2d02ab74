import type { dynamic } from "@pulumi/pulumi";
import { azureKnowsNoServer, serverIdProblem } from "../azure/flexibleServer.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";
import { persist, report } from "../postgres/operation.ts";
import { addressText } from "./addressText.ts";
import { type FirewallRange, listFirewallRules } from "./firewallCatalog.ts";
import { azureProblem, firewallOf, noServer, othersProblem } from "./firewallProblem.ts";

/** What the engine calls, by way of the stub in `firewallDriftCheck.ts`. */

/** The inputs as the engine hands them over. */
export interface FirewallDriftCheckInputs {
  serverId: string;
  /** By name, who is let in: the rules that are meant to be there; on a refresh also those that are not, which {@link BY_HAND} tells. */
  rules: Record<string, string>;
  deadlineSeconds: number;
}

/** What a rule that nobody declared begins with: no address does. */
const BY_HAND = "added by hand: ";

export async function check(_olds: FirewallDriftCheckInputs, news: FirewallDriftCheckInputs) {
  const failures: { property: string; reason: string }[] = [];
  const require = (property: keyof FirewallDriftCheckInputs, reason: string | undefined | false) => {
    if (reason && (news[property] as unknown) !== UNKNOWN) failures.push({ property, reason });
  };
  require("serverId", serverIdProblem(String(news.serverId)));
  require("rules", rulesProblem(news.rules));
  require("deadlineSeconds", !(news.deadlineSeconds >= 1 && news.deadlineSeconds <= 3600) &&
    `${news.deadlineSeconds} is not a number of seconds from 1 to 3600`);
  return { inputs: news, failures };
}

/** Another server is another firewall; everything else only says how to look, and what for. */
export async function diff(_id: string, olds: FirewallDriftCheckInputs, news: FirewallDriftCheckInputs) {
  return fieldDiff(olds, news, ["serverId"]);
}

/** @throws {UserError} when the firewall has a rule that nobody named */
export async function create(inputs: FirewallDriftCheckInputs) {
  await requireNoOthers(inputs, declaredIn(inputs));
  return { id: inputs.serverId, outs: inputs };
}

/**
 * A rule that was declared until now and is no more is still there: Pulumi deletes at the end of the same update.
 *
 * @throws {UserError} as {@link create}
 */
export async function update(_id: string, olds: FirewallDriftCheckInputs, news: FirewallDriftCheckInputs) {
  await requireNoOthers(news, { ...declaredIn(olds), ...declaredIn(news) });
  return { outs: news };
}

/** On refresh: the rules that should be there, and with them those that should not, so that these show. */
export async function read(id: string, props: FirewallDriftCheckInputs): Promise<dynamic.ReadResult> {
  const found = await look(props, "reading the firewall rules");
  if (!found) {
    return {};
  }
  const declared = declaredIn(props);
  const others = othersAmong(found, declared).map(({ name, startIpAddress, endIpAddress }) => [
    name,
    `${BY_HAND}${addressText(startIpAddress, endIpAddress)}`,
  ]);
  const seen = { ...props, rules: { ...declared, ...Object.fromEntries(others) } };
  return { id, props: seen, inputs: seen };
}

const CHECKING = "checking the firewall rules";

async function requireNoOthers(inputs: FirewallDriftCheckInputs, expected: Record<string, string>): Promise<void> {
  const found = await look(inputs, CHECKING);
  if (!found) {
    throw noServer(inputs.serverId, CHECKING);
  }
  const others = othersAmong(found, expected);
  if (others.length > 0) {
    throw othersProblem(inputs.serverId, CHECKING, Object.keys(inputs.rules), others);
  }
}

/** The rules that Azure lists; undefined where it says that there is no such server. */
function look(
  { serverId, deadlineSeconds }: FirewallDriftCheckInputs,
  step: string,
): Promise<FirewallRange[] | undefined> {
  return persist(
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
  );
}

function declaredIn({ rules }: FirewallDriftCheckInputs): Record<string, string> {
  return Object.fromEntries(Object.entries(rules).filter(([, who]) => !who.startsWith(BY_HAND)));
}

function othersAmong(found: FirewallRange[], expected: Record<string, string>): FirewallRange[] {
  const names = new Set(Object.keys(expected).map((name) => name.toLowerCase()));
  return found.filter(({ name }) => !names.has(name.toLowerCase()));
}

/** A name has to be known; who is let in, such as a VM that is not made yet, need not be. */
function rulesProblem(given: unknown): string | undefined {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return "does not say by name who is let in";
  }
  const odd = Object.entries(given).find(([name, who]) => name === "" || typeof who !== "string" || who === "");
  return odd && `has the rule ${JSON.stringify(odd[0])}, which lets nobody in`;
}
