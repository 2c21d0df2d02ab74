import type { Session } from "../postgres/adminSession.ts";
import type { OwnerMark } from "../postgres/ownerMark.ts";
import { isBound, managerOf, type Remembered } from "./binding.ts";
import { findRole, findRoleByOid, type RoleState } from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import { undeclaredPredefined } from "./reconcile.ts";

/** The resource's state: its inputs as they are on the server, and what recognises the role. */
export interface PrincipalOutputs extends PrincipalInputs, Remembered {
  /** What was done: the server's own words when the role was created. */
  message: string;
  /** The role's name after it was renamed outside Pulumi, until `up` restores it. */
  renamedTo?: string | undefined;
  /** What the role was bound to outside Pulumi. `objectId` stays as created, so that a delete never drops another identity's role. */
  boundTo?: string | undefined;
  /** Another resource that took the role over, as its owner mark says; `up` then refuses or takes it back. */
  managedBy?: string | undefined;
}

/**
 * The resource as it is on the server, in the form of its inputs, so that drift shows as a difference that the next `up` repairs.
 * Undefined where there is no such role.
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
  const { by, mark } = managerOf(role, inputs, props);
  const found: PrincipalInputs = {
    ...inputs,
    principalType: role.principal?.type ?? inputs.principalType,
    isAdmin: role.isAdmin,
    isMfa: role.principal?.isMfa ?? inputs.isMfa,
    canLogin: role.canLogin,
    ...memberships(role, inputs),
  };
  return {
    props: {
      ...found,
      message,
      instance: instanceOf(mark, inputs.owner, instance),
      roleOid: role.oid,
      ...(byName ? {} : { renamedTo: role.name }),
      // A role whose label was removed has no identity.
      ...(isBound(role, inputs) ? {} : { boundTo: role.principal?.objectId ?? "nobody" }),
      ...(by === "other" ? { managedBy: mark?.owner } : {}),
    },
    inputs: found,
  };
}

/** Memberships that were lost, or given in predefined roles, show as a difference. */
function memberships(role: RoleState, inputs: PrincipalInputs): Pick<PrincipalInputs, "memberOf"> {
  const declared = (inputs.memberOf ?? []).filter((name) => role.memberOf.includes(name));
  const found = [...declared, ...undeclaredPredefined(role, inputs)];
  return inputs.memberOf || found.length > 0 ? { memberOf: found } : {};
}

/**
 * The mark of an operation whose result the engine never received still belongs to this resource. `up` restores a mark that was removed; a
 * role without a mark stays as it is when the server refuses marks.
 */
function instanceOf(mark: OwnerMark | undefined, owner: string, remembered: string | undefined): string | undefined {
  if (mark) {
    return mark.owner === owner ? mark.instance : remembered;
  }
  return remembered === undefined ? undefined : "";
}
