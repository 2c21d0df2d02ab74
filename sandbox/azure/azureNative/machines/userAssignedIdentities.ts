import type { ArmContext } from "../engine/armContext.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { USER_ASSIGNED_IDENTITY } from "../resourceTypes.ts";

/** User-assigned managed identities: service principals that live and die with the resource. */
export function userAssignedIdentities(context: ArmContext): Behaviour {
  const { directory } = context.services;
  return {
    type: USER_ASSIGNED_IDENTITY,
    async put({ id, names, existing }) {
      const known =
        typeof existing?.state.principalId === "string" ? directory.get(existing.state.principalId) : undefined;
      const principal =
        known ?? directory.add({ displayName: names.resourceName ?? "", type: "service", resourceId: id });
      return {
        state: {
          principalId: principal.objectId,
          clientId: principal.clientId,
          tenantId: directory.tenantId,
        },
      };
    },
    async remove(identity) {
      if (typeof identity.state.principalId === "string") directory.remove(identity.state.principalId);
    },
  };
}
