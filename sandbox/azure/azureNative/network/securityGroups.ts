import { listAt, textAt, valueAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { newEtag } from "../engine/commonOutputs.ts";
import { NETWORK_SECURITY_GROUP } from "../resourceTypes.ts";
import { requireUnused } from "./networkUse.ts";

/** Network security groups. Their rules are checked and kept; nothing on loopback enforces them. */
export function securityGroups(context: ArmContext): Behaviour {
  return {
    type: NETWORK_SECURITY_GROUP,
    async put({ id, inputs }) {
      const rules = listAt(inputs, "securityRules") as Props[];
      requireDistinct(rules);
      return {
        state: {
          securityRules: rules.map((rule) => ({
            ...rule,
            id: `${id}/securityRules/${rule.name}`,
            type: `${NETWORK_SECURITY_GROUP.armType}/securityRules`,
            etag: newEtag(),
            provisioningState: "Succeeded",
          })),
        },
      };
    },
    mayDelete: (group) => requireUnused(context.store, group.id),
  };
}

/** A priority is unique in its direction. Code and text are assumed. */
function requireDistinct(rules: readonly Props[]): void {
  for (const [index, rule] of rules.entries()) {
    const twin = rules
      .slice(0, index)
      .find((other) => other.direction === rule.direction && valueAt(other, "priority") === valueAt(rule, "priority"));
    if (twin) throw armError("SecurityRuleConflict", { rule: textAt(rule, "name"), twin: textAt(twin, "name") });
  }
}
