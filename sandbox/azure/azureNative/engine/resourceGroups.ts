import { RESOURCE_GROUP } from "../resourceTypes.ts";
import type { Behaviour } from "./behaviour.ts";

/** Resource groups. ResourceTree deletes what is in one with it. */
export function resourceGroups(): Behaviour {
  return {
    type: RESOURCE_GROUP,
    async put({ inputs }) {
      return { state: { properties: { provisioningState: "Succeeded" }, managedBy: inputs.managedBy } };
    },
  };
}
