import { UserError } from "../errors/userError.ts";
import type { Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { giveAdmin } from "../postgres/grantorRole.ts";
import { writeMark } from "../postgres/ownerMark.ts";
import { identifier, literal } from "../postgres/quoting.ts";
import { findGroupRoles, type GroupRole, markedBy } from "./accessCatalog.ts";
import type { AccessInputs, Remembered } from "./accessInputs.ts";
import { PROFILES, type Profile } from "./profiles.ts";

/** The roles of a schema's profiles that exist; one that was renamed still has its old name. */
export type FoundRoles = Partial<Record<Profile, GroupRole>>;

/** Roles that each profile's role is a member of, so that it includes their rights. */
const INCLUDES: Record<Profile, readonly Profile[]> = {
  reader: [],
  writer: ["reader"],
  migrator: ["writer"],
  owner: [],
};

/**
 * The roles of the profiles, by the oids of an earlier operation, else by their names.
 * @throws {UserError} EP-ACCESS-06 for a role of one of the names that is somebody else's
 */
export async function findOwnRoles(
  session: Session,
  inputs: AccessInputs,
  remembered: Remembered,
): Promise<FoundRoles> {
  const { roleOids = {} } = remembered;
  const names = PROFILES.map((profile) => inputs.roles[profile]);
  const rows = await findGroupRoles(session, names, Object.values(roleOids));
  const found: FoundRoles = {};
  for (const profile of PROFILES) {
    const named = rows.find(({ name }) => name === inputs.roles[profile]);
    const known = rows.find(
      ({ oid, comment }) => oid === roleOids[profile] && markedBy(comment, inputs.owner, remembered).by !== "other",
    );
    if (named && named !== known) requireOurs(inputs, remembered, named, known);
    const role = known ?? named;
    if (role) found[profile] = role;
  }
  return found;
}

/** A role of ours is marked, or is what this resource would create: no login, no other memberships, no members but the declared. */
function requireOurs(
  inputs: AccessInputs,
  remembered: Remembered,
  role: GroupRole,
  known: GroupRole | undefined,
): void {
  const { by, mark } = markedBy(role.comment, inputs.owner, remembered);
  const own = PROFILES.map((profile) => inputs.roles[profile]);
  const memberships = role.memberOf.filter((name) => !own.includes(name));
  const strangers = role.strangers.filter((name) => !own.includes(name) && !(name in inputs.members));
  const problem = known
    ? `another role of that name beside "${known.name}", which is the one of this schema`
    : by === "other"
      ? `a role that ${mark?.owner} manages`
      : by === "this"
        ? undefined
        : role.privileged
          ? "a role that can log in, or create roles or databases"
          : memberships.length > 0
            ? `a member of ${memberships.join(", ")}`
            : strangers.length > 0
              ? `a role with the members ${strangers.join(", ")}`
              : undefined;
  if (problem) {
    throw new UserError({
      code: "EP-ACCESS-06",
      step: "looking up the schema's roles",
      at: errorLocation(inputs),
      expected: `no role "${role.name}", or one that this resource created`,
      found: problem,
    });
  }
}

/** Creates the roles that are missing, renames the others, and gives each its memberships and its owner mark. */
export async function bringAboutRoles(
  session: Session,
  inputs: AccessInputs,
  { found, instance, grantorRole }: { found: FoundRoles; instance: string; grantorRole: string },
): Promise<void> {
  const missing = PROFILES.filter((profile) => !found[profile]).map((profile) => inputs.roles[profile]);
  if (missing.length > 0) {
    await session.query(`SET LOCAL ROLE ${identifier(grantorRole)}`);
    for (const name of missing) await session.query(`CREATE ROLE ${identifier(name)} NOLOGIN`);
    await session.query("SET LOCAL ROLE NONE");
  }
  const there = Object.values(found).map(({ name }) => name);
  await giveAdmin(session, there, grantorRole, errorLocation(inputs));
  for (const profile of PROFILES) {
    const role = found[profile];
    if (role?.privileged) {
      await session.query(`ALTER ROLE ${identifier(role.name)} NOLOGIN NOCREATEROLE NOCREATEDB`);
    }
    if (role && role.name !== inputs.roles[profile]) {
      await session.query(`ALTER ROLE ${identifier(role.name)} RENAME TO ${identifier(inputs.roles[profile])}`);
    }
  }
  const mark = { owner: inputs.owner, instance };
  const names = PROFILES.map((profile) => inputs.roles[profile]);
  for (const profile of PROFILES) {
    const name = inputs.roles[profile];
    const comment = writeMark(found[profile]?.comment ?? "", mark);
    if (comment !== found[profile]?.comment) {
      await session.query(`COMMENT ON ROLE ${identifier(name)} IS ${literal(comment)}`);
    }
    const before = (found[profile]?.memberOf ?? []).map((old) => nowCalled(found, inputs, old));
    for (const other of INCLUDES[profile].map((each) => inputs.roles[each]).filter((each) => !before.includes(each))) {
      await session.query(`GRANT ${identifier(other)} TO ${identifier(name)}`);
    }
    for (const other of before.filter(
      (each) => names.includes(each) && !INCLUDES[profile].some((included) => inputs.roles[included] === each),
    )) {
      await session.query(`REVOKE ${identifier(other)} FROM ${identifier(name)}`);
    }
  }
}

/** The name that a role of these has after it was renamed. */
function nowCalled(found: FoundRoles, { roles }: AccessInputs, name: string): string {
  const profile = PROFILES.find((each) => found[each]?.name === name);
  return profile ? roles[profile] : name;
}

/**
 * Makes this login a member of the roles, so that it may do what they may: INHERIT for ALTER DEFAULT PRIVILEGES, SET for CREATE SCHEMA
 * AUTHORIZATION.
 */
export async function joinRoles(session: Session, names: readonly string[], grantorRole: string): Promise<void> {
  for (const name of names) {
    await session.query(
      `GRANT ${identifier(name)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE GRANTED BY ${identifier(grantorRole)}`,
    );
  }
}

export async function leaveRoles(session: Session, names: readonly string[], grantorRole: string): Promise<void> {
  for (const name of names) {
    await session.query(`REVOKE ${identifier(name)} FROM CURRENT_USER GRANTED BY ${identifier(grantorRole)}`);
  }
}
