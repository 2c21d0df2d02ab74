import { sameGuid } from "../azure/objectId.ts";
import { UserError } from "../errors/userError.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { type OwnerMark, readMark } from "../postgres/ownerMark.ts";
import type { RoleState } from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";

/** What an earlier operation of this resource kept to recognise its role. */
export interface Remembered {
  /** PostgreSQL's oid of the role; undefined in a state that an older version wrote. */
  roleOid?: string | undefined;
  /** The `instance` of the owner mark; empty when a refresh found the mark removed, undefined when the server refused the mark. */
  instance?: string | undefined;
}

/** Whether the role is bound to the declared identity. A label may hold the object id or the application id. */
export function isBound({ principal }: RoleState, inputs: PrincipalInputs): boolean {
  return (
    principal !== undefined &&
    (sameGuid(principal.objectId, inputs.objectId) ||
      (inputs.clientId !== undefined && sameGuid(principal.objectId, inputs.clientId)))
  );
}

/** Which resource manages a role, as its owner mark says. */
export function managerOf(
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
export function requireUnmanaged(
  step: string,
  role: RoleState,
  inputs: PrincipalInputs,
  remembered?: Remembered,
): void {
  const { by, mark } = managerOf(role, inputs, remembered);
  if (by === "other" && inputs.onConflict !== "rebind") {
    throw new UserError({
      code: "EP-ROLE-01",
      step,
      at: errorLocation(inputs),
      expected: "a role that no other resource manages",
      found: `a role that ${mark?.owner} manages`,
    });
  }
}

/** @throws {UserError} when the role is bound to another identity, or is not bound, and `onConflict` does not allow a rebind. */
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
      found: "a role without an Entra identity, such as one that logs in with a password",
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
    });
  }
}
