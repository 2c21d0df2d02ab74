import { UserError } from "../errors/userError.ts";
import type { Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { Failure } from "../postgres/failure.ts";
import { ensureGrantorRole, giveAdmin } from "../postgres/grantorRole.ts";
import type { Report } from "../postgres/operation.ts";
import { writeMark } from "../postgres/ownerMark.ts";
import { isBound } from "./binding.ts";
import { findRole, type RoleState } from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import * as sql from "./roleStatements.ts";

/** What recognises the role later. */
export interface Reconciled {
  roleOid: string;
  /** The owner mark's; undefined when the server refused the mark. */
  instance: string | undefined;
}

/**
 * Reconciles what a binding leaves open: administrator rights, LOGIN, memberships, who manages the role, and the owner mark. Then reads it
 * back.
 *
 * @param former memberships of the state before a change
 * @throws {UserError} when the server did not do what it was asked.
 */
export async function reconcile(
  session: Session,
  inputs: PrincipalInputs,
  { instance, former = [] }: { instance: string; former?: readonly string[] | undefined },
  report: Report,
): Promise<Reconciled> {
  const role = await findRole(session, inputs.roleName);
  if (role?.isAdmin && !inputs.isAdmin) {
    await sql.takeAdministration(session, role.name);
  }
  if (role && role.canLogin !== inputs.canLogin) {
    await sql.allowLogin(session, role.name, inputs.canLogin);
  }
  for (const granted of missing(inputs.memberOf, role?.memberOf)) {
    await sql.joinRole(session, granted, inputs.roleName);
  }
  const taken = [...missing(former, inputs.memberOf), ...undeclaredPredefined(role, inputs)];
  for (const granted of new Set(taken.filter((name) => role?.memberOf.includes(name)))) {
    await leave(session, inputs, granted);
  }
  // An administrator's role is not managed by others.
  if (!inputs.isAdmin) {
    const administrators = (inputs.administrators ?? []).map(({ name }) => name);
    const grantorRole = await ensureGrantorRole(session, administrators);
    await giveAdmin(session, [inputs.roleName], grantorRole);
  }
  const marked = role !== undefined && (await mark(session, inputs, role, instance, report));
  return { roleOid: await requireResult(session, inputs), instance: marked ? instance : undefined };
}

async function leave(session: Session, inputs: PrincipalInputs, granted: string): Promise<void> {
  try {
    await sql.leaveRole(session, granted, inputs.roleName);
  } catch (error) {
    if (!(error instanceof Failure && error.code === "42501")) {
      throw error;
    }
    throw new UserError({
      code: "EP-ROLE-07",
      step: "changing the role's memberships",
      at: errorLocation(inputs),
      expected: `"${inputs.adminUser}" to be allowed to take membership in "${granted}" away, which is not in memberOf`,
      found: error.words,
      remedy: `have whoever gave it take it back: REVOKE "${granted}" FROM "${inputs.roleName}"; or add it to memberOf`,
    });
  }
}

/** A server may refuse comments on roles. That is not an error: the oid recognises the role, too. */
async function mark(
  session: Session,
  inputs: PrincipalInputs,
  role: RoleState,
  instance: string,
  report: Report,
): Promise<boolean> {
  const comment = writeMark(role.comment, { owner: inputs.owner, instance, memberOf: inputs.memberOf });
  if (comment === role.comment) {
    return true;
  }
  await session.query("SAVEPOINT marking");
  try {
    await sql.commentOn(session, inputs.roleName, comment);
    return true;
  } catch (error) {
    if (!(error instanceof Failure && error.code === "42501")) {
      throw error;
    }
    await session.query("ROLLBACK TO SAVEPOINT marking");
    report(`the role carries no owner mark, because the server refused it: ${error.words}`);
    return false;
  }
}

/** Reads the role back: a call that returned does not prove its effect. */
async function requireResult(session: Session, inputs: PrincipalInputs): Promise<string> {
  const role = await findRole(session, inputs.roleName);
  const found = role ? differencesOf(role, inputs) : ["no such role"];
  if (!role || found.length > 0) {
    throw new UserError({
      code: "EP-ROLE-06",
      step: "reading the role back",
      at: errorLocation(inputs),
      expected: `a role bound to object id ${inputs.objectId}, as the program says`,
      found: found.join(", "),
    });
  }
  return role.oid;
}

function differencesOf(role: RoleState, inputs: PrincipalInputs): string[] {
  return [
    ...(isBound(role, inputs) ? [] : [role.principal ? `object id ${role.principal.objectId}` : "no binding"]),
    ...(role.isAdmin === inputs.isAdmin ? [] : [`isAdmin ${role.isAdmin}`]),
    ...(role.canLogin === inputs.canLogin ? [] : [`canLogin ${role.canLogin}`]),
    ...missing(inputs.memberOf, role.memberOf).map((name) => `not a member of "${name}"`),
    ...undeclaredPredefined(role, inputs).map((name) => `a member of "${name}"`),
  ];
}

/**
 * Memberships in PostgreSQL's predefined roles that nobody declared. They reach beyond any schema, so they are taken back; memberships in
 * other roles are those roles' concern.
 */
export function undeclaredPredefined(role: RoleState | undefined, { memberOf }: PrincipalInputs): string[] {
  return missing(role?.memberOf, memberOf).filter((name) => name.startsWith("pg_"));
}

/** What is in the first list and not in the second. */
function missing(wanted: readonly string[] = [], there: readonly string[] = []): string[] {
  return wanted.filter((name) => !there.includes(name));
}
