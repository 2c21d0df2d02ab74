import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { systemData } from "../engine/systemData.ts";
import { requireRunning, serverIdOf } from "./serverContents.ts";
import { ADMINISTRATOR } from "./types.ts";

type PrincipalType = "User" | "Group" | "ServicePrincipal";

/** Microsoft Entra administrators: roles in the server that are bound to an object id. */
export function administrators(context: ArmContext): Behaviour {
  const { operations, services } = context;
  return {
    type: ADMINISTRATOR,
    async put({ id, names, inputs, existing }) {
      requireEntra(context, id);
      const { host } = requireRunning(context, id);
      const administrator = {
        objectId: (names.objectId ?? "").toLowerCase(),
        principalName: String(inputs.principalName),
        principalType: requireType(String(inputs.principalType)),
        tenantId: requireTenant(textAt(inputs, "tenantId"), services.directory.tenantId),
      };
      await operations.run(serverIdOf(id), `administrator ${administrator.principalName}`, () =>
        host.addAdministrator(administrator),
      );
      return { state: { ...administrator, systemData: systemData(existing, services.deployer) } };
    },
    async remove(administrator: ArmResource, withParent) {
      if (withParent) return;
      const { host } = requireRunning(context, administrator.id);
      await operations.run(
        serverIdOf(administrator.id),
        `deletion of administrator ${administrator.state.principalName}`,
        () => host.removeAdministrator(nameInId(administrator.id).toLowerCase()),
      );
    },
  };
}

/** Source of the code: Azure/azure-postgresql issue 127. */
function requireEntra(context: ArmContext, id: string): void {
  const serverId = serverIdOf(id);
  const server = context.store.get(serverId);
  const enabled = textAt(server?.state, "authConfig.activeDirectoryAuth") === "Enabled";
  const ready = context.servers.has(serverId.toLowerCase()) && !context.operations.isChanging(serverId);
  if (enabled && ready) return;
  throw new ArmError(
    409,
    "AadAuthOperationCannotBePerformedWhenServerIsNotAccessible",
    `Azure AD Authentication operation cannot be performed on server '${nameInId(serverId)}' while it is not accessible.`,
    enabled
      ? "Wait until the server is Ready, then run pulumi up again."
      : 'Set authConfig.activeDirectoryAuth to "Enabled" on the server.',
  );
}

function requireType(type: string): PrincipalType {
  if (type === "User" || type === "Group" || type === "ServicePrincipal") return type;
  throw new ArmError(
    400,
    "InvalidParameterValue",
    `Principal type '${type}' is not valid.`,
    "Use User, Group or ServicePrincipal.",
  );
}

function requireTenant(given: string | undefined, tenantId: string): string {
  if (given === undefined || given === "" || given.toLowerCase() === tenantId) return tenantId;
  throw new ArmError(
    400,
    "InvalidParameterValue",
    `Tenant '${given}' of the administrator is not the tenant of the server.`,
    `Set tenantId to ${tenantId}.`,
  );
}
