import { type Explanation, UserError } from "../errors/userError.ts";
import { inTransaction, type Session, withAdminSession } from "../postgres/adminSession.ts";
import type { Deadline } from "../postgres/deadline.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { Failure } from "../postgres/failure.ts";
import { dropIdleGrantorRole } from "../postgres/grantorRole.ts";
import type { Try } from "../postgres/operation.ts";
import { withoutMark } from "../postgres/ownerMark.ts";
import { isBound, managerOf, type Remembered } from "./binding.ts";
import {
  canGiveTo,
  canRebind,
  countSessions,
  type Dependencies,
  dependencies,
  findRole,
  findRoleByOid,
  holdsAdmin,
  objectsOf,
  type RoleState,
} from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import * as sql from "./roleStatements.ts";

/** Names of objects that an error lists for each database; the others are counted. */
const LISTED = 5;

/**
 * Drops the role after it revoked the role's grants in every database and ended its sessions. `onDelete` decides about owned objects: it
 * refuses, reassigns or drops them. Every step can be repeated.
 *
 * @throws {UserError} while the role owns objects and `onDelete` refuses, or when the role belongs to another identity now.
 */
export async function deleteRole(inputs: PrincipalInputs, remembered: Remembered, one: Try): Promise<void> {
  await withAdminSession(inputs, one.deadline, async (session) => {
    const role = await ownRole(session, inputs, remembered, one.report);
    if (!role) {
      return;
    }
    if (inputs.onDelete === "retain") {
      await sql.commentOn(session, role.name, withoutMark(role.comment));
      one.report("kept, as onDelete says; no resource manages it any more");
      return;
    }
    try {
      // The server's function gives this login ADMIN on a role that another administrator created.
      if (!(await holdsAdmin(session, role.name)) && (await canRebind(session))) {
        await sql.rebindByFunction(session, {
          ...inputs,
          roleName: role.name,
          objectId: role.principal?.objectId ?? inputs.objectId,
        });
      }
      await drop(session, inputs, role, one);
    } catch (error) {
      throw role.isAdmin ? madeAdministrator(inputs, error) : error;
    }
  });
}

async function drop(
  session: Session,
  inputs: PrincipalInputs,
  role: RoleState,
  { deadline, report }: Try,
): Promise<void> {
  const held = await dependencies(session, role.name);
  await requireDisposable(session, inputs, role.name, held, deadline);
  for (const { database, owned } of held) {
    await clear(inputs, role.name, database ?? inputs.database, owned, deadline);
  }
  await requireCleared(session, inputs, role.name, deadline);
  // No new session can start from here on.
  await sql.allowLogin(session, role.name, false);
  const ended = await sql.endSessions(session, role.name);
  await inTransaction(session, async () => {
    await sql.lockName(session, role.name);
    await sql.dropRole(session, role.name);
    await dropIdleGrantorRole(session);
  });
  const left = await countSessions(session, role.oid);
  if (ended + left > 0) {
    report(`ended ${ended} open session(s) of the role${left > 0 ? `; ${left} could not be ended` : ""}`);
  }
}

/** Only the administrator who made the role an administrator may alter it. The server's own function can undo that. */
function madeAdministrator(inputs: PrincipalInputs, error: unknown): unknown {
  return error instanceof Failure && error.code === "42501"
    ? refusal(inputs, {
        code: "EP-ROLE-13",
        expected: `"${inputs.adminUser}" to be allowed to alter the role`,
        found: `another administrator made this role an administrator; ${error.words}`,
      })
    : error;
}

/** The role, if it exists and this resource manages it. */
async function ownRole(
  session: Session,
  inputs: PrincipalInputs,
  remembered: Remembered,
  report: (line: string) => void,
): Promise<RoleState | undefined> {
  const { roleOid, instance } = remembered;
  const role =
    (await findRole(session, inputs.roleName)) ?? (roleOid ? await findRoleByOid(session, roleOid) : undefined);
  if (!role) {
    return undefined;
  }
  const { mark } = managerOf(role, inputs, remembered);
  if (mark && mark.instance !== instance) {
    report(`kept: ${mark.owner === inputs.owner ? "a newer resource" : mark.owner} has taken it over`);
    return undefined;
  }
  if (!mark && role.oid !== roleOid && !isBound(role, inputs)) {
    throw notOurs(inputs, role);
  }
  if (role.principal && !isBound(role, inputs)) {
    throw notOurs(inputs, role);
  }
  return role;
}

function refusal(inputs: PrincipalInputs, explanation: Omit<Explanation, "step" | "at">): UserError {
  return new UserError({ step: "dropping the role", at: errorLocation(inputs), ...explanation });
}

function notOurs(inputs: PrincipalInputs, { principal }: RoleState): UserError {
  return refusal(inputs, {
    code: "EP-ROLE-12",
    expected: `the role to be bound to object id ${inputs.objectId}, as when it was made here`,
    found: principal ? `object id ${principal.objectId}` : "another role of that name without an Entra identity",
  });
}

/** @throws {UserError} before anything is changed, when not all of the role can be removed as `onDelete` says. */
async function requireDisposable(
  session: Session,
  inputs: PrincipalInputs,
  role: string,
  held: Dependencies[],
  deadline: Deadline,
): Promise<void> {
  const closed = held.filter(({ canConnect }) => !canConnect).map(({ database }) => database);
  if (closed.length > 0) {
    throw refusal(inputs, {
      code: "EP-ROLE-09",
      expected: `"${inputs.adminUser}" to be able to connect to every database in which the role has rights, to revoke them there`,
      found: `no CONNECT right on ${closed.join(", ")}`,
      remedy: `as the database's owner: GRANT CONNECT ON DATABASE "${closed[0]}" TO "${inputs.adminUser}"; then run this again`,
    });
  }
  const owning = held.filter(({ owned }) => owned > 0);
  const refused =
    inputs.onDelete === "refuse" ? owning : inputs.onDelete === "drop" ? owning.filter((one) => one.ownsDatabase) : [];
  if (refused.length > 0) {
    const found: string[] = [];
    for (const one of refused) {
      found.push(await describe(inputs, role, one, deadline));
    }
    throw refusal(inputs, {
      code: "EP-ROLE-08",
      expected: "a role that owns nothing, so that no data can be lost",
      found: found.join("; "),
      ...(inputs.onDelete === "drop"
        ? { remedy: "a database is not dropped with a role; change its owner: ALTER DATABASE <name> OWNER TO <role>" }
        : {}),
    });
  }
  if (inputs.onDelete === "reassign" && owning.length > 0) {
    await requireNewOwner(session, inputs);
  }
}

/** The role that receives the objects. */
function newOwner(inputs: PrincipalInputs): string {
  return inputs.reassignTo ?? inputs.adminUser;
}

async function requireNewOwner(session: Session, inputs: PrincipalInputs): Promise<void> {
  const can = await canGiveTo(session, newOwner(inputs));
  if (can !== "yes") {
    throw refusal(inputs, {
      code: "EP-ROLE-10",
      expected: `a role "${newOwner(inputs)}" that "${inputs.adminUser}" can give objects to`,
      found: can === "missing" ? "no such role" : `"${inputs.adminUser}" is not a member of it`,
      remedy: can === "missing" ? "correct reassignTo" : `GRANT "${newOwner(inputs)}" TO "${inputs.adminUser}"`,
    });
  }
}

/** @throws {UserError} while rights are left that this login may not revoke, such as those that another owner granted. */
async function requireCleared(
  session: Session,
  inputs: PrincipalInputs,
  role: string,
  deadline: Deadline,
): Promise<void> {
  const left = await dependencies(session, role);
  if (left.length > 0) {
    const found: string[] = [];
    for (const one of left) {
      found.push(await describe(inputs, role, { ...one, owned: one.held }, deadline, "all"));
    }
    throw refusal(inputs, {
      code: "EP-ROLE-11",
      expected: `only rights that "${inputs.adminUser}" may revoke; those are revoked now`,
      found: found.join("; "),
      remedy: `as the owner of each: REVOKE ALL ON <object> FROM "${role}"; then run this again`,
    });
  }
}

async function describe(
  inputs: PrincipalInputs,
  role: string,
  { database, owned, ownsDatabase }: Dependencies,
  deadline: Deadline,
  which: "owned" | "all" = "owned",
): Promise<string> {
  const where = database === undefined ? "shared objects" : `database ${database}`;
  const inside = ownsDatabase ? owned - 1 : owned;
  const names = ownsDatabase ? ["the database itself"] : [];
  if (database !== undefined && inside > 0) {
    try {
      names.push(
        ...(await withAdminSession({ ...inputs, database }, deadline, (session) =>
          objectsOf(session, role, which, LISTED),
        )),
      );
    } catch (error) {
      names.push(error instanceof Failure ? `objects that this login cannot see: ${error.words}` : "objects");
    }
  }
  return `${where}: ${owned} object(s): ${names.join(", ")}${owned > names.length ? ", ..." : ""}`;
}

/** Revokes, reassigns and drops in one database. A database that was dropped meanwhile needs nothing. */
async function clear(
  inputs: PrincipalInputs,
  role: string,
  database: string,
  owned: number,
  deadline: Deadline,
): Promise<void> {
  const reassignTo = owned > 0 && inputs.onDelete === "reassign" ? newOwner(inputs) : undefined;
  try {
    await withAdminSession({ ...inputs, database }, deadline, (session) =>
      sql.clearDatabase(session, role, reassignTo === undefined ? {} : { reassignTo }),
    );
  } catch (error) {
    if (error instanceof Failure && error.code === "3D000") {
      return;
    }
    throw error;
  }
}
