import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { ADMINISTRATOR } from "../resourceTypes.ts";
import { serverChild } from "./serverChild.ts";
import { serverIdOf } from "./serverContents.ts";

type PrincipalType = "User" | "Group" | "ServicePrincipal";

/** Microsoft Entra administrators: roles in the server that are bound to an object id. */
export function administrators(context: ArmContext): Behaviour {
  return serverChild(context, {
    type: ADMINISTRATOR,
    what: "administrator",
    require: (id) => requireEntra(context, id),
    plan({ name, host, inputs }) {
      const state = {
        objectId: name.toLowerCase(),
        principalName: String(inputs.principalName),
        principalType: requireType(String(inputs.principalType)),
        tenantId: requireTenant(textAt(inputs, "tenantId"), context.services.directory.tenantId),
      };
      return { state, apply: () => host.addAdministrator(state) };
    },
    remove: ({ host, name }) => host.removeAdministrator(name.toLowerCase()),
  });
}

/** Source of the code: Azure/azure-postgresql issue 127. */
function requireEntra(context: ArmContext, id: string): void {
  const serverId = serverIdOf(id);
  const server = context.store.get(serverId);
  const enabled = textAt(server?.state, "authConfig.activeDirectoryAuth") === "Enabled";
  const ready = context.servers.get(serverId.toLowerCase())?.accessible && !context.operations.isChanging(serverId);
  if (enabled && ready) return;
  throw armError(enabled ? "AdministratorWhileNotReady" : "AdministratorWithoutEntra", { server: nameInId(serverId) });
}

function requireType(type: string): PrincipalType {
  if (type === "User" || type === "Group" || type === "ServicePrincipal") return type;
  throw armError("InvalidPrincipalType", { type });
}

function requireTenant(given: string | undefined, tenantId: string): string {
  if (given === undefined || given === "" || given.toLowerCase() === tenantId) return tenantId;
  throw armError("AdministratorOfAnotherTenant", { given, tenantId });
}
