import type { dynamic } from "@pulumi/pulumi";
import { fieldDiff } from "../principal/fieldDiff.ts";
import { UNKNOWN } from "../principal/inputs.ts";
import { persist } from "../principal/operation.ts";
import { report } from "../principal/report.ts";
import { azureKnowsNoServer } from "../principal/serverGone.ts";
import { serverIdProblem } from "../principal/serverId.ts";
import { type FirewallRange, listFirewallRules } from "./firewallCatalog.ts";
import { azureProblem, firewallOf, noServer, othersProblem } from "./firewallProblem.ts";

/** What the engine calls, by way of the stub in `firewallGuard.ts`. */

/** A rule that is meant to be there; on a refresh also one that is not, which says so. */
export interface ExpectedRule extends FirewallRange {
  declared?: false;
}

/** The inputs as the engine hands them over. */
export interface FirewallGuardInputs {
  serverId: string;
  rules: ExpectedRule[];
  deadlineSeconds: number;
}

export async function check(_olds: FirewallGuardInputs, news: FirewallGuardInputs) {
  const failures: { property: string; reason: string }[] = [];
  const require = (property: keyof FirewallGuardInputs, reason: string | undefined | false) => {
    if (reason && (news[property] as unknown) !== UNKNOWN) failures.push({ property, reason });
  };
  require("serverId", serverIdProblem(String(news.serverId)));
  require("rules", rulesProblem(news.rules));
  require("deadlineSeconds", !(news.deadlineSeconds >= 1 && news.deadlineSeconds <= 3600) &&
    `${news.deadlineSeconds} is not a number of seconds from 1 to 3600`);
  return { inputs: news, failures };
}

/** Another server is another firewall; everything else only says how to look, and what for. */
export async function diff(_id: string, olds: FirewallGuardInputs, news: FirewallGuardInputs) {
  return fieldDiff(olds, news, ["serverId"]);
}

/** @throws {Explained} when the firewall has a rule that nobody named */
export async function create(inputs: FirewallGuardInputs) {
  await requireNoOthers(inputs, inputs.rules);
  return { id: inputs.serverId, outs: inputs };
}

/**
 * A rule that was declared until now and is no more is still there: Pulumi deletes at the end of the same update.
 *
 * @throws {Explained} as {@link create}
 */
export async function update(_id: string, olds: FirewallGuardInputs, news: FirewallGuardInputs) {
  await requireNoOthers(news, [...news.rules, ...declaredIn(olds)]);
  return { outs: news };
}

/** On refresh: the rules that should be there, and with them those that should not, so that these show. */
export async function read(id: string, props: FirewallGuardInputs): Promise<dynamic.ReadResult> {
  const found = await look(props, "reading the firewall rules");
  if (!found) {
    return {};
  }
  const declared = declaredIn(props);
  const others = othersAmong(found, declared).map((rule) => ({ ...rule, declared: false as const }));
  const seen = { ...props, rules: [...declared, ...others] };
  return { id, props: seen, inputs: seen };
}

const CHECKING = "checking the firewall rules";

async function requireNoOthers(inputs: FirewallGuardInputs, expected: ExpectedRule[]): Promise<void> {
  const found = await look(inputs, CHECKING);
  if (!found) {
    throw noServer(inputs.serverId, CHECKING);
  }
  const others = othersAmong(found, expected);
  if (others.length > 0) {
    throw othersProblem(inputs.serverId, CHECKING, inputs.rules, others);
  }
}

/** The rules that Azure lists; undefined where it says that there is no such server. */
function look({ serverId, deadlineSeconds }: FirewallGuardInputs, step: string): Promise<FirewallRange[] | undefined> {
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

function declaredIn({ rules }: FirewallGuardInputs): ExpectedRule[] {
  return rules.filter(({ declared }) => declared !== false);
}

function othersAmong(found: FirewallRange[], expected: ExpectedRule[]): FirewallRange[] {
  const names = new Set(expected.map(({ name }) => name.toLowerCase()));
  return found.filter(({ name }) => !names.has(name.toLowerCase()));
}

/** A name has to be known; where it is that a rule lets in, such as from a VM that is not made yet, does not. */
function rulesProblem(given: unknown): string | undefined {
  if (!Array.isArray(given)) {
    return "is not a list of rules";
  }
  const odd = given.findIndex(
    (rule) =>
      rule !== UNKNOWN &&
      !["name", "startIpAddress", "endIpAddress"].every((field) => typeof rule?.[field] === "string" && rule[field]),
  );
  return odd < 0 ? undefined : `has a rule at ${odd} that lacks one of: name, startIpAddress, endIpAddress`;
}
