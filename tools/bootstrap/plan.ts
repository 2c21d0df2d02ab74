import type { Context, Step } from "./step.ts";
import { adminGroup } from "./steps/adminGroup.ts";
import { resourceGroup, resourceProviders } from "./steps/groups.ts";
import { identities } from "./steps/identities.ts";
import { keyVault } from "./steps/keyVault.ts";
import { roleAssignments } from "./steps/roleAssignments.ts";
import { stateAccount } from "./steps/stateAccount.ts";

/** Everything that is made, in the order in which it can be. */
export function plan(context: Context): Step[] {
  const { resourceGroup: stackGroup, deliveryGroup, organization } = context.settings;
  return [
    resourceProviders(context),
    resourceGroup(context, stackGroup, "of the stack"),
    resourceGroup(context, deliveryGroup, "of the delivery"),
    ...(organization === undefined ? [...stateAccount(context), ...keyVault(context)] : []),
    ...identities(context),
    ...adminGroup(context),
    ...roleAssignments(context),
  ];
}
