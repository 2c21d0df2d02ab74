import type { ImdsIdentity } from "../../../entra/tokenRequest.ts";
import { listAt, objectAt, textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import { requireReference } from "../engine/requireReference.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { USER_ASSIGNED_IDENTITY } from "../resourceTypes.ts";

/** The identity that a machine gets. */
export interface WantedIdentity {
  type: string;
  system: boolean;
  /** The user-assigned identities. */
  users: ArmResource[];
}

/**
 * Reads the `identity` input.
 * @throws ArmError when it names identities that do not exist, or none where it must
 */
export function wantedIdentity(context: ArmContext, id: string, inputs: Props): WantedIdentity {
  const type = textAt(inputs, "identity.type") ?? "None";
  const kinds = type.split(", ");
  const ids = listAt(inputs, "identity.userAssignedIdentities").map(String);
  if (kinds.includes("UserAssigned") !== ids.length > 0) {
    throw armError("IdentityTypeMismatch", { type, id, count: ids.length });
  }
  return {
    type,
    system: kinds.includes("SystemAssigned"),
    users: ids.map((user) =>
      requireReference(context.store, USER_ASSIGNED_IDENTITY, user, { error: "FailedIdentityOperation", user: id }),
    ),
  };
}

/**
 * Creates or removes the machine's service principal, and returns Azure's answer for `identity`.
 *
 * The principal of a system-assigned identity bears the machine's name and lives and dies with it, so a recreated machine has
 * another object id. Source: Microsoft Entra's documentation of managed identities.
 */
export function assignIdentity(
  context: ArmContext,
  id: string,
  wanted: WantedIdentity,
  existing: ArmResource | undefined,
): Props | undefined {
  const { directory } = context.services;
  const old = textAt(existing?.state, "identity.principalId");
  if (old !== undefined && !wanted.system) directory.remove(old);
  if (wanted.type === "None") return undefined;
  const identity: Props = { type: wanted.type };
  if (wanted.system) {
    const kept = old === undefined ? undefined : directory.get(old);
    const principal = kept ?? directory.add({ displayName: nameInId(id), type: "service", resourceId: id });
    identity.principalId = principal.objectId;
    identity.tenantId = directory.tenantId;
  }
  if (wanted.users.length > 0) {
    identity.userAssignedIdentities = Object.fromEntries(
      wanted.users.map((user) => [user.id, { principalId: user.state.principalId, clientId: user.state.clientId }]),
    );
  }
  return identity;
}

/** The identities that the machine's metadata service has tokens for, as of now. */
export function machineIdentities(context: ArmContext, id: string): ImdsIdentity[] {
  const { directory } = context.services;
  const state = context.store.get(id)?.state;
  const found: ImdsIdentity[] = [];
  const system = directory.get(textAt(state, "identity.principalId") ?? "");
  if (system) found.push({ principal: system, kind: "system" });
  for (const user of Object.keys(objectAt(state, "identity.userAssignedIdentities"))) {
    const principal = directory.get(textAt(context.store.get(user)?.state, "principalId") ?? "");
    if (principal) found.push({ principal, kind: "user" });
  }
  return found;
}
