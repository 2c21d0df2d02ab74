import { sameGuid } from "../azure/objectId.ts";
import { UserError } from "../errors/userError.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import type { RoleState } from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import { type OwnerMark, readMark } from "./ownerMark.ts";

/** What an earlier operation of this resource left behind, by which its role is known again. */
export interface Remembered {
  /** PostgreSQL's oid of the role; undefined in a state of before it was kept. */
  roleOid?: string | undefined;
  /** The `instance` of the owner mark; empty when a refresh found that somebody removed it, undefined where the server took none. */
  instance?: string | undefined;
}

/** Whether the role is bound to the identity that is meant. A label may hold the object id or the application id. */
export function isBound({ principal }: RoleState, inputs: PrincipalInputs): boolean {
  return (
    principal !== undefined &&
    (sameGuid(principal.objectId, inputs.objectId) ||
      (inputs.clientId !== undefined && sameGuid(principal.objectId, inputs.clientId)))
  );
}

/** Whose a role is by its mark: nobody's, this resource's, or another one's. */
export function claimOf(
  role: RoleState,
  inputs: PrincipalInputs,
  remembered: Remembered | undefined,
): { by: "nobody" | "this" | "other"; mark?: OwnerMark } {
  const mark = readMark(role.comment);
  if (!mark) {
    return { by: "nobody" };
  }
  const own = mark.owner === inputs.owner || mark.instance === remembered?.instance;
  return { by: own ? "this" : "other", mark };
}

/** @throws {UserError} when another resource, of this stack or another one, manages the role. */
export function requireUnclaimed(
  step: string,
  role: RoleState,
  inputs: PrincipalInputs,
  remembered?: Remembered,
): void {
  const { by, mark } = claimOf(role, inputs, remembered);
  if (by === "other" && inputs.onConflict !== "rebind") {
    throw new UserError({
      code: "EP-ROLE-01",
      step,
      at: errorLocation(inputs),
      expected: "a role that no other resource manages",
      found: `a role that ${mark?.owner} manages`,
      remedy:
        'let one of the two go: remove it from one program, or set onConflict to "rebind" here to take the role over',
    });
  }
}

/** @throws {UserError} when the role is bound to another identity, or to none, and is not to be taken. */
export function requireBindable(step: string, role: RoleState, inputs: PrincipalInputs): void {
  if (inputs.onConflict === "rebind") {
    return;
  }
  if (!role.principal) {
    throw new UserError({
      code: "EP-ROLE-02",
      step,
      at: errorLocation(inputs),
      expected: "no role of that name, or one that is bound to this identity",
      found: "a role that is bound to no Entra identity, such as one that logs in with a password",
      remedy:
        `rename or drop it as an administrator: DROP ROLE "${inputs.roleName}"; ` +
        'or set onConflict to "rebind", which binds it and removes its password',
    });
  }
  if (!isBound(role, inputs)) {
    throw new UserError({
      code: "EP-ROLE-03",
      step,
      at: errorLocation(inputs),
      expected: `no role of that name, or one bound to object id ${inputs.objectId}`,
      found: `a role bound to object id ${role.principal.objectId}`,
      remedy: 'if that identity is gone and this one takes its place, set onConflict to "rebind"',
    });
  }
}
