import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";
import type { FirewallRuleArgs } from "../entraPostgresServer/entraPostgresServerArgs.ts";

/** The arguments of {@link FirewallDriftCheck}. */
export interface FirewallDriftCheckArgs {
  /** ARM id of the flexible server. Changing it replaces the check, which changes nothing on a server. */
  serverId: pulumi.Input<string>;
  /** Every rule that the firewall may have. */
  rules: FirewallRuleArgs[];
  /**
   * Whether rules that are there when the check is created may stay, as on a server that another program made. A change has no effect on
   * those found before. @default false
   */
  keepFound?: boolean;
  /** Seconds that one operation may take, waits included, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
}

/**
 * Checks that a server's firewall has no rule besides the declared ones. A rule that was added outside Pulumi, such as in the portal, is in no
 * state, so no refresh of another resource sees it. A rule that was changed or deleted is seen by its own resource.
 *
 * A refresh shows undeclared rules in `drift`. An `up` that creates or changes the check is refused with each rule's name and range, and
 * deletes nothing: people judge what was added in an emergency. Make it depend on the rules, so that it runs last. A rule that the same `up`
 * takes out of `rules` may still exist: Pulumi deletes at the end.
 *
 * It asks Azure as whoever runs Pulumi, who needs `Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/read` (included in Reader).
 *
 * @throws {UserError} EP-DRIFT-02 for an undeclared rule, EP-DRIFT-03 or EP-DRIFT-04 where Azure gives no list
 */
export class FirewallDriftCheck extends DynamicResource {
  constructor(name: string, args: FirewallDriftCheckArgs, opts?: pulumi.CustomResourceOptions) {
    const { serverId, rules, keepFound = false, deadlineSeconds = 300 } = args;
    super(
      { type: "FirewallDriftCheck", runtime: "firewall-drift-check-runtime" },
      name,
      { serverId, rules, ...(keepFound ? { keepFound } : {}), deadlineSeconds, drift: {} },
      opts,
    );
  }
}
