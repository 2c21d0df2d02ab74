import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors/userError.ts";
import type { Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { Failure } from "../postgres/failure.ts";
import type { Report } from "../postgres/operation.ts";
import { isBound } from "./binding.ts";
import { findRole, type RoleState } from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import { writeMark } from "./ownerMark.ts";
import * as sql from "./roleStatements.ts";

/** What recognises the role later. */
export interface Reconciled {
  roleOid: string;
  /** The owner mark's; undefined when the server refused the mark. */
  instance: string | undefined;
}

/**
 * Reconciles what a binding leaves open: administrator rights, LOGIN, memberships, login settings and the owner mark. Then reads all of it
 * back.
 *
 * @throws {UserError} when the server did not do what it was asked.
 */
export async function reconcile(
  session: Session,
  inputs: PrincipalInputs,
  instance: string,
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
  for (const granted of inputs.memberOf ? missing(role?.memberOf, inputs.memberOf) : []) {
    await leave(session, inputs, granted);
  }
  for (const [database, wanted] of role && inputs.actsAs ? differences(inputs.actsAs, role.actsAs) : []) {
    await sql.actAs(session, inputs.roleName, database, wanted);
  }
  for (const [database, wanted] of role && inputs.searchPath ? differences(inputs.searchPath, role.searchPath) : []) {
    await sql.searchIn(session, inputs.roleName, database, wanted);
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
  const comment = writeMark(role.comment, { owner: inputs.owner, instance });
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
  const extra = inputs.memberOf ? missing(role.memberOf, inputs.memberOf) : [];
  return [
    ...(isBound(role, inputs) ? [] : [role.principal ? `object id ${role.principal.objectId}` : "no binding"]),
    ...(role.isAdmin === inputs.isAdmin ? [] : [`isAdmin ${role.isAdmin}`]),
    ...(role.canLogin === inputs.canLogin ? [] : [`canLogin ${role.canLogin}`]),
    ...missing(inputs.memberOf, role.memberOf).map((name) => `not a member of "${name}"`),
    ...extra.map((name) => `member of "${name}"`),
    ...(inputs.actsAs ? differences(inputs.actsAs, role.actsAs) : []).map(
      ([database]) => `acting as ${role.actsAs[database] ?? "itself"} in database ${database}`,
    ),
    ...(inputs.searchPath ? differences(inputs.searchPath, role.searchPath) : []).map(
      ([database]) => `search_path ${role.searchPath[database]?.join(", ") ?? "not set"} in database ${database}`,
    ),
  ];
}

/** The settings to change, by database; undefined resets one. */
function differences<Value>(
  wanted: Readonly<Record<string, Value>>,
  there: Readonly<Record<string, Value>>,
): [string, Value | undefined][] {
  const databases = [...new Set([...Object.keys(wanted), ...Object.keys(there)])];
  return databases
    .filter((database) => !isDeepStrictEqual(wanted[database], there[database]))
    .map((database) => [database, wanted[database]]);
}

/** What is in the first list and not in the second. */
function missing(wanted: readonly string[] = [], there: readonly string[] = []): string[] {
  return wanted.filter((name) => !there.includes(name));
}
