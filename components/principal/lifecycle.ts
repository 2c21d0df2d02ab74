import { sameGuid } from "../azure/objectId.ts";
import { UserError } from "../errors/userError.ts";
import { inTransaction, type Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { Failure } from "../postgres/failure.ts";
import type { Report } from "../postgres/operation.ts";
import { readMark } from "../postgres/ownerMark.ts";
import { isBound, managerOf, type Remembered, requireBindable, requireUnmanaged } from "./binding.ts";
import { canRebind, findRole, findRoleByOid, holdsAdmin, type RoleState, similarNames } from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import { type Reconciled, reconcile } from "./reconcile.ts";
import * as sql from "./roleStatements.ts";

/** What an operation did to the role. */
export interface Outcome extends Reconciled {
  /** The server's own words, `Created role for "<name>"`, or what was done instead. */
  message: string;
}

const CREATING = "creating the role";
const CHANGING = "changing the role";

/**
 * Creates the role, or adopts it where it is already bound to this identity, in one transaction that reads first.
 *
 * @param instance marks the role as created by this operation, so that a retry recognises its own work.
 * @throws {UserError} for a role that belongs to another identity or resource.
 */
export async function createRole(
  session: Session,
  inputs: PrincipalInputs,
  instance: string,
  report: Report,
): Promise<Outcome> {
  return await inTransaction(session, async () => {
    await sql.lockName(session, inputs.roleName);
    const existing = await findRole(session, inputs.roleName);
    const message = existing
      ? await adopt(session, inputs, existing, instance)
      : await createNew(session, inputs, report);
    return { message, ...(await reconcile(session, inputs, { instance }, report)) };
  });
}

/** The state before a change. */
export interface Former {
  roleName: string;
  memberOf?: string[] | undefined;
}

/**
 * Reconciles the role with the inputs: binding, owner mark, name and rights. Its grants and objects stay.
 *
 * @throws {UserError} for a role that belongs to another identity or resource.
 */
export async function updateRole(
  session: Session,
  inputs: PrincipalInputs,
  { remembered, former }: { remembered: Remembered & { instance: string }; former: Former },
  report: Report,
): Promise<Outcome> {
  return await inTransaction(session, async () => {
    await sql.lockName(session, inputs.roleName);
    const { roleOid, instance } = remembered;
    const named = await findRole(session, inputs.roleName);
    const known = roleOid ? await findRoleByOid(session, roleOid) : undefined;
    if (named && known && named.oid !== known.oid && former.roleName !== inputs.roleName) {
      throw nameTaken(inputs, known, named);
    }
    const role = named ?? known;
    const more = { instance, former: former.memberOf };
    if (!role) {
      const message = await createNew(session, inputs, report);
      return { message, ...(await reconcile(session, inputs, more, report)) };
    }
    requireUnmanaged(CHANGING, role, inputs, remembered);
    const own = role.oid === remembered.roleOid || readMark(role.comment)?.instance === instance;
    if (!own) {
      requireBindable(CHANGING, role, inputs);
      if (!isBound(role, inputs)) await sql.resetSettings(session, role.name);
    }
    // The server's function also gives this login ADMIN on a role that another administrator created.
    const manages = await holdsAdmin(session, role.name);
    if (!isBound(role, inputs) || differsInKind(role, inputs) || (!manages && (await canRebind(session)))) {
      await rebind(session, { ...inputs, roleName: role.name });
    }
    // A role whose label was removed may have a password by now. Binding comes first: it also gives this login its right on the role
    // back, which it lacks on a role that another administrator made an administrator.
    if (!role.principal) {
      await sql.removePassword(session, role.name);
    }
    // A role that was renamed outside Pulumi is the same role: it gets its name back and keeps its grants.
    if (role.name !== inputs.roleName) {
      await sql.renameRole(session, role.name, inputs.roleName);
    }
    return { message: "", ...(await reconcile(session, inputs, more, report)) };
  });
}

function nameTaken(inputs: PrincipalInputs, known: RoleState, named: RoleState): UserError {
  return new UserError({
    code: "EP-ROLE-20",
    step: `renaming the role "${known.name}"`,
    at: errorLocation(inputs),
    expected: `no role "${named.name}"`,
    found: "another role of that name",
  });
}

async function createNew(session: Session, inputs: PrincipalInputs, report: Report): Promise<string> {
  const alike = await similarNames(session, inputs.roleName);
  if (alike.length > 0) {
    report(`warning: the server also has ${alike.map((name) => `"${name}"`).join(", ")}, a role with a similar name`);
  }
  if (inputs.bindBy !== "name") {
    return await sql.createByObjectId(session, inputs);
  }
  await session.query("SAVEPOINT by_name");
  const { message, problem } = await createdByName(session, inputs);
  if (problem === undefined) {
    return message;
  }
  // Object ids are unique, and by object id the server looks no name up.
  await session.query("ROLLBACK TO SAVEPOINT by_name");
  const bound = await sql.createByObjectId(session, inputs);
  report(`${problem}; bound by object id instead`);
  return bound;
}

/** Refusals of a name, on which the object id has no influence. */
const NAME_REFUSED = ["EP-ROLE-14", "EP-ROLE-21"];

/** The server's message, or why the name does not lead to the declared identity: display names are not unique in a tenant. */
async function createdByName(
  session: Session,
  inputs: PrincipalInputs,
): Promise<{ message: string; problem?: string }> {
  let message: string;
  try {
    message = await sql.createByName(session, inputs);
  } catch (error) {
    if (error instanceof Failure && NAME_REFUSED.includes(error.errorCode ?? "")) {
      return { message: "", problem: error.words };
    }
    throw error;
  }
  const other = (await findRole(session, inputs.roleName))?.principal?.objectId;
  return other === undefined || sameGuid(other, inputs.objectId)
    ? { message }
    : { message, problem: `the name also belongs to object id ${other}` };
}

async function adopt(
  session: Session,
  inputs: PrincipalInputs,
  existing: RoleState,
  instance: string,
): Promise<string> {
  if (isBound(existing, inputs) && readMark(existing.comment)?.instance === instance) {
    return `Created role for "${inputs.roleName}"`;
  }
  requireUnmanaged(CREATING, existing, inputs);
  requireBindable(CREATING, existing, inputs);
  if (!isBound(existing, inputs)) {
    if (!existing.principal) {
      await sql.removePassword(session, inputs.roleName);
    }
    await rebind(session, inputs);
    await sql.resetSettings(session, inputs.roleName);
    return `Rebound role "${inputs.roleName}" from ${existing.principal?.objectId ?? "no identity"} to object id ${inputs.objectId}`;
  }
  if (managerOf(existing, inputs, undefined).by === "this") {
    if (differsInKind(existing, inputs)) {
      await rebind(session, inputs);
    }
  } else {
    requireSameRights(inputs, existing);
  }
  return `Adopted role "${inputs.roleName}", which was bound to this identity already`;
}

/** Adopting a role that was made outside Pulumi does not change its rights. */
function requireSameRights(inputs: PrincipalInputs, existing: RoleState): void {
  const isMfa = existing.principal?.isMfa ?? false;
  if (existing.isAdmin !== inputs.isAdmin || isMfa !== inputs.isMfa) {
    throw new UserError({
      code: "EP-ROLE-04",
      step: "adopting the role",
      at: errorLocation(inputs),
      expected: `isAdmin ${inputs.isAdmin}, isMfa ${inputs.isMfa}`,
      found: `isAdmin ${existing.isAdmin}, isMfa ${isMfa}, on a role that this resource did not make`,
    });
  }
}

async function rebind(session: Session, inputs: PrincipalInputs): Promise<void> {
  if (await canRebind(session)) {
    await sql.rebindByFunction(session, inputs);
    return;
  }
  try {
    await sql.rebindByLabel(session, inputs);
  } catch (error) {
    if (!(error instanceof Failure && error.bySqlState)) {
      throw error;
    }
    throw new UserError({
      code: "EP-ROLE-05",
      step: "binding the role to its new identity",
      at: errorLocation(inputs),
      expected:
        "a server with the function pgaadauth_update_principal_with_oid, or one that takes a security label from this login",
      found: `no such function, and for the label: ${error.words}`,
      remedy: `as an Entra administrator in database postgres: ${sql.labelStatement(inputs)}`,
    });
  }
}

function differsInKind({ principal, isAdmin }: RoleState, inputs: PrincipalInputs): boolean {
  return (
    (principal?.type !== undefined && principal.type !== inputs.principalType) ||
    isAdmin !== inputs.isAdmin ||
    principal?.isAdmin !== inputs.isAdmin ||
    principal.isMfa !== inputs.isMfa
  );
}
