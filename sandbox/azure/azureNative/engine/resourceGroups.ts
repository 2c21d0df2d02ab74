import type { Behaviour } from "./behaviour.ts";
import { resourceType } from "./resourceType.ts";

/** A resource group. azure-native replaces it for a new location: provider/pkg/gen/replacement.go of pulumi/pulumi-azure-native. */
export const RESOURCE_GROUP = resourceType({
  token: "azure-native:resources:ResourceGroup",
  armType: "Microsoft.Resources/resourceGroups",
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
  emulates: ["managedBy"],
  rules: { location: { required: true, replaces: true } },
});

/** Resource groups. ResourceTree deletes what is in one with it. */
export function resourceGroups(): Behaviour {
  return {
    type: RESOURCE_GROUP,
    async put({ inputs }) {
      return { state: { properties: { provisioningState: "Succeeded" }, managedBy: inputs.managedBy } };
    },
  };
}
