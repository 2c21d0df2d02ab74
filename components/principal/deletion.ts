import { UserError } from "../errors/userError.ts";
import { inTransaction, type Session, withAdminSession } from "../postgres/adminSession.ts";
import type { Deadline } from "../postgres/deadline.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { Failure } from "../postgres/failure.ts";
import type { Try } from "../postgres/operation.ts";
import { claimOf, isBound, type Remembered } from "./binding.ts";
import {
  canGiveTo,
  countSessions,
  type Dependencies,
  dependencies,
  findRole,
  findRoleByOid,
  objectsOf,
  type RoleState,
} from "./catalog.ts";
import type { PrincipalInputs } from "./inputs.ts";
import { withoutMark } from "./ownerMark.ts";
import * as sql from "./roleStatements.ts";

const DROPPING = "dropping the role";
/** Names of objects that an error lists for each database; the rest is counted. */
const LISTED = 5;

/**
 * Drops the role after revoking, in every database, what was granted to it, and ends its sessions. What it owns is refused, given
 * away or dropped, as `onDelete` says. Every step can be repeated.
 *
 * @throws {UserError} while it owns something that nobody said what to do with, or when it is somebody else's by now.
 */
export async function deleteRole(inputs: PrincipalInputs, remembered: Remembered, one: Try): Promise<void> {
  await withAdminSession(inputs, one.deadline, async (session) => {
    const role = await ownRole(session, inputs, remembered, one.report);
    if (!role) {
      return;
    }
    if (inputs.onDelete === "retain") {
      await sql.commentOn(session, role.name, withoutMark(role.comment));
      one.report("kept, as onDelete says; nobody manages it any more");
      return;
    }
    try {
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
  // From here on nobody new gets in, so that no session is left behind.
  await sql.allowLogin(session, role.name, false);
  const ended = await sql.endSessions(session, role.name);
  await inTransaction(session, async () => {
    await sql.lockName(session, role.name);
    await sql.dropRole(session, role.name);
  });
  const left = await countSessions(session, role.oid);
  if (ended + left > 0) {
    report(`ended ${ended} open session(s) of the role${left > 0 ? `; ${left} could not be ended and go on` : ""}`);
  }
}

/** Whoever made the role an administrator may be the only one who may alter it since; the service's function can undo it. */
function madeAdministrator(inputs: PrincipalInputs, error: unknown): unknown {
  return error instanceof Failure && error.code === "42501"
    ? new UserError({
        code: "EP-ROLE-13",
        step: DROPPING,
        at: errorLocation(inputs),
        expected: `"${inputs.adminUser}" to be allowed to alter the role`,
        found: `an administrator that somebody else made one; ${error.words}`,
        remedy: "with isAdmin false, pulumi up --refresh, which takes that right away; then run this again",
      })
    : error;
}

/** The role, if there is one and it is this resource's to drop. */
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
  const { mark } = claimOf(role, inputs, remembered);
  if (mark && mark.instance !== instance) {
    report(`left alone: ${mark.owner === inputs.owner ? "a newer resource" : mark.owner} has taken it over`);
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

function notOurs(inputs: PrincipalInputs, { principal }: RoleState): UserError {
  return new UserError({
    code: "EP-ROLE-12",
    step: DROPPING,
    at: errorLocation(inputs),
    expected: `the role to be bound to object id ${inputs.objectId}, as when it was made here`,
    found: principal ? `object id ${principal.objectId}` : "another role of that name without an Entra identity",
    remedy: "leave it to them: pulumi state delete <urn of this resource>",
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
  const closed = held.filter(({ enterable }) => !enterable).map(({ database }) => database);
  if (closed.length > 0) {
    throw new UserError({
      code: "EP-ROLE-09",
      step: DROPPING,
      at: errorLocation(inputs),
      expected: `"${inputs.adminUser}" to be let into every database in which the role has rights, to revoke them there`,
      found: `no right to enter ${closed.join(", ")}`,
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
    throw new UserError({
      code: "EP-ROLE-08",
      step: DROPPING,
      at: errorLocation(inputs),
      expected: "a role that owns nothing, so that no data can be lost",
      found: found.join("; "),
      remedy:
        inputs.onDelete === "drop"
          ? "a database is not dropped with a role: give it to another one: ALTER DATABASE <name> OWNER TO <role>"
          : 'set onDelete to "reassign" (to the administrator, or to reassignTo) or to "drop", run `pulumi up`, then this again',
    });
  }
  if (inputs.onDelete === "reassign" && owning.length > 0) {
    await requireHeir(session, inputs);
  }
}

/** The role that gets the objects. */
function heir(inputs: PrincipalInputs): string {
  return inputs.reassignTo ?? inputs.adminUser;
}

async function requireHeir(session: Session, inputs: PrincipalInputs): Promise<void> {
  const can = await canGiveTo(session, heir(inputs));
  if (can !== "yes") {
    throw new UserError({
      code: "EP-ROLE-10",
      step: DROPPING,
      at: errorLocation(inputs),
      expected: `a role "${heir(inputs)}" that "${inputs.adminUser}" may give objects to`,
      found: can === "missing" ? "no such role" : `"${inputs.adminUser}" is no member of it`,
      remedy: can === "missing" ? "correct reassignTo" : `GRANT "${heir(inputs)}" TO "${inputs.adminUser}"`,
    });
  }
}

/** @throws {UserError} while something is left that this login may not revoke, such as a right that another owner gave. */
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
    throw new UserError({
      code: "EP-ROLE-11",
      step: DROPPING,
      at: errorLocation(inputs),
      expected: `nothing that "${inputs.adminUser}" may not revoke; what it may is revoked by now`,
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

/** Revokes, gives away and drops in one database. A database that went away meanwhile took everything along. */
async function clear(
  inputs: PrincipalInputs,
  role: string,
  database: string,
  owned: number,
  deadline: Deadline,
): Promise<void> {
  const reassignTo = owned > 0 && inputs.onDelete === "reassign" ? heir(inputs) : undefined;
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
