import * as pulumi from "@pulumi/pulumi";
import type { FirewallRuleArgs } from "../entraPostgresServer/entraPostgresServer.ts";
import { addressText } from "./addressText.ts";
import type { FirewallDriftCheckInputs } from "./firewallDriftCheckRuntime.ts";

const MODULE = "entra-postgres";
const NAME = "FirewallDriftCheck";

/** The arguments of {@link FirewallDriftCheck}. */
export interface FirewallDriftCheckArgs {
  /** ARM id of the flexible server. Changing it replaces the guard, which changes nothing on a server. */
  serverId: pulumi.Input<string>;
  /** The rules that are meant to be there. */
  rules: FirewallRuleArgs[];
  /** Seconds that one look may take, waits included, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
}

/** Captures nothing of the project, as the provider of `EntraPrincipal`: what it names is found in node_modules when it runs. */
const provider: pulumi.dynamic.ResourceProvider<FirewallDriftCheckInputs, FirewallDriftCheckInputs> = {
  check: async (olds, news) => (await import("entra-postgres/firewall-drift-check-runtime")).check(olds, news),
  diff: async (id, olds, news) => (await import("entra-postgres/firewall-drift-check-runtime")).diff(id, olds, news),
  create: async (inputs) => (await import("entra-postgres/firewall-drift-check-runtime")).create(inputs),
  read: async (id, props) =>
    (await import("entra-postgres/firewall-drift-check-runtime")).read(id, props as FirewallDriftCheckInputs),
  update: async (id, olds, news) =>
    (await import("entra-postgres/firewall-drift-check-runtime")).update(id, olds, news),
};

/**
 * Looks whether a server's firewall has a rule beside those named. A resource that nobody declared is in no state, so no refresh would see a
 * rule that was added by hand, such as in the portal; this one does. A rule that was changed or is gone is its own resource's to see.
 *
 * A refresh shows such a one as a change of `rules`. An `up` that makes or changes the guard refuses with name and range, and deletes nothing:
 * what was added in an emergency is for people to judge. Make it depend on the rules, so that it looks last. A rule that this `up` takes out of
 * `rules` may still be there: Pulumi deletes at the end.
 *
 * It asks Azure as who runs Pulumi, who needs `Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/read` (Reader has it).
 *
 * @throws an error that names the others, and how to delete or keep them
 */
export class FirewallDriftCheck extends pulumi.dynamic.Resource {
  constructor(name: string, args: FirewallDriftCheckArgs, opts?: pulumi.CustomResourceOptions) {
    const { serverId, deadlineSeconds = 300 } = args;
    // By name, so that whoever reads a difference sees which rule it is.
    const rules = args.rules.map((rule) => [
      rule.name,
      pulumi.all([rule.startIpAddress, rule.endIpAddress]).apply(([start, end]) => addressText(start, end)),
    ]);
    super(provider, name, { serverId, rules: Object.fromEntries(rules), deadlineSeconds }, opts, MODULE, NAME);
  }
}
