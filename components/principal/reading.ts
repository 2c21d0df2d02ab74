import type { Session } from "../postgres/adminSession.ts";
import { claimOf, isBound, type Remembered } from "./binding.ts";
import { findRole, findRoleByOid } from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import type { OwnerMark } from "./ownerMark.ts";

/** The resource's state: its inputs as they are on the server, and what is remembered of the role. */
export interface PrincipalOutputs extends PrincipalInputs, Remembered {
  /** What was done: the server's own words when the role was made. */
  message: string;
  /** The name that the role was given by hand, until `up` gives it its own back. */
  renamedTo?: string | undefined;
  /** What the role was bound to by hand; `objectId` stays what it was made for, so that a delete never drops somebody else's role. */
  boundTo?: string | undefined;
  /** Another resource that has taken the role over, as its mark says; `up` then refuses or takes it back. */
  managedBy?: string | undefined;
}

/**
 * The resource as it is on the server, in the words of its inputs, so that what was changed by hand shows as a difference that the
 * next `up` repairs. Undefined where there is no such role.
 */
export async function readState(
  session: Session,
  props: PrincipalOutputs,
): Promise<{ props: PrincipalOutputs; inputs: PrincipalInputs } | undefined> {
  const byName = await findRole(session, props.roleName);
  const role = byName ?? (props.roleOid ? await findRoleByOid(session, props.roleOid) : undefined);
  if (!role) {
    return undefined;
  }
  const { message, instance, roleOid: _, renamedTo: __, managedBy: ___, boundTo: ____, ...inputs } = props;
  const { by, mark } = claimOf(role, inputs, props);
  const found: PrincipalInputs = {
    ...inputs,
    principalType: role.principal?.type ?? inputs.principalType,
    isAdmin: role.isAdmin,
    isMfa: role.principal?.isMfa ?? inputs.isMfa,
    canLogin: role.canLogin,
    ...(inputs.memberOf ? { memberOf: role.memberOf } : {}),
    ...(inputs.actsAs ? { actsAs: role.actsAs } : {}),
    ...(inputs.searchPath ? { searchPath: role.searchPath } : {}),
  };
  return {
    props: {
      ...found,
      message,
      instance: instanceOf(mark, inputs.owner, instance),
      roleOid: role.oid,
      ...(byName ? {} : { renamedTo: role.name }),
      // A label that somebody removed leaves a role that is bound to nobody.
      ...(isBound(role, inputs) ? {} : { boundTo: role.principal?.objectId ?? "nobody" }),
      ...(by === "other" ? { managedBy: mark?.owner } : {}),
    },
    inputs: found,
  };
}

/**
 * The mark of an operation whose end the engine never heard of is this resource's all the same. One that somebody removed is to be
 * put back; a role that never had one, because the server takes none, is left as it is.
 */
function instanceOf(mark: OwnerMark | undefined, owner: string, remembered: string | undefined): string | undefined {
  if (mark) {
    return mark.owner === owner ? mark.instance : remembered;
  }
  return remembered === undefined ? undefined : "";
}
