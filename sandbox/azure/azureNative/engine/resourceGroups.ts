import type { Behaviour } from "./behaviour.ts";
import { RESOURCE_GROUP } from "./resourceGroupType.ts";

/** Resource groups. Deleting one deletes what is in it; ResourceTree does that. */
export function resourceGroups(): Behaviour {
  return {
    type: RESOURCE_GROUP,
    async put({ inputs }) {
      return {
        state: {
          properties: { provisioningState: "Succeeded" },
          ...(inputs.managedBy === undefined ? {} : { managedBy: inputs.managedBy }),
        },
      };
    },
  };
}
