import { UserError } from "../errors/userError.ts";
import { inTransaction, type Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { ensureGrantorRole } from "../postgres/grantorRole.ts";
import { identifier } from "../postgres/quoting.ts";
import { findGroupRoles, findSchemas } from "./accessCatalog.ts";
import type { AccessInputs, AccessState, Remembered } from "./accessInputs.ts";
import { requireOwnDatabase } from "./databaseOwner.ts";
import { bringAboutRoles, findOwnRoles, joinRoles, leaveRoles } from "./groupRoles.ts";
import { bringAboutMembers, findDeclared, memberDrift } from "./members.ts";
import { bringAboutSchema, findOwnSchema } from "./ownSchema.ts";
import { CREATOR, PROFILES, type Profile } from "./profiles.ts";
import { type DeclaredRights, type DriftedRight, restoring, rightsDrift } from "./rightsDrift.ts";
import { furtherRights, missingObjects, profileRights } from "./wantedRights.ts";

/** What recognises the roles and the schema later. */
export interface Outcome {
  roleOids: Record<Profile, string>;
  schemaOid: string;
}

/** Rights that an error lists; the rest is counted. */
const LISTED = 10;

/**
 * Brings about the declared state in one transaction: it looks first, changes only what differs, and reads back.
 *
 * @param former the state before a change
 * @throws {UserError} where a role, the schema, the database or a right is somebody else's; then nothing has changed
 */
export async function reconcile(
  session: Session,
  inputs: AccessInputs,
  remembered: Remembered,
  former?: AccessState,
): Promise<Outcome> {
  return await inTransaction(session, async () => {
    await lockDatabase(session);
    await requireOwnDatabase(session, inputs);
    const found = await findOwnRoles(session, inputs, remembered);
    const schema = await findOwnSchema(session, inputs, remembered, found);
    await requireGrantees(session, inputs);
    const administrators = (inputs.administrators ?? []).map(({ name }) => name);
    const grantorRole = await ensureGrantorRole(session, administrators);
    const { instance } = remembered;
    const names = PROFILES.map((profile) => inputs.roles[profile]);
    await bringAboutRoles(session, inputs, { found, instance, grantorRole });
    await joinRoles(session, names, grantorRole);
    await bringAboutSchema(session, inputs, schema, instance);
    await bringAboutMembers(session, inputs, former, grantorRole);
    const declared = declaredRights(inputs, former);
    const differing = (await rightsDrift(session, declared)).filter(({ own }) => own);
    await requireAdminOfOwners(session, inputs, differing);
    for (const statement of restoring(differing)) {
      await session.query(statement);
    }
    await requireObjects(session, inputs);
    // The statements that an error shows are for this login as it is outside this transaction.
    await leaveRoles(session, names, grantorRole);
    await requireDeclared(session, inputs, await rightsDrift(session, declared));
    return await outcomeOf(session, inputs);
  });
}

/** Two changes of one access list at a time fail with "tuple concurrently updated". The lock is the database's own. */
export async function lockDatabase(session: Session): Promise<void> {
  await session.query(
    "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('entra-postgres access to schemas', 0))",
  );
}

export function declaredRights(inputs: AccessInputs, former?: AccessInputs): DeclaredRights {
  return {
    schema: inputs.schema,
    roles: PROFILES.map((profile) => inputs.roles[profile]),
    creator: inputs.roles[CREATOR],
    wanted: [...profileRights(inputs), ...furtherRights(inputs.grants)],
    former: furtherRights(former?.grants ?? {}),
  };
}

/** @throws {UserError} EP-ACCESS-07 for rights on objects of a role that this login cannot act as */
async function requireAdminOfOwners(
  session: Session,
  inputs: AccessInputs,
  drift: readonly DriftedRight[],
): Promise<void> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT r.rolname::text AS name FROM pg_catalog.pg_roles r WHERE r.rolname::text = ANY ($1::text[]) AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_auth_members m WHERE m.roleid = r.oid AND m.admin_option AND pg_catalog.pg_has_role(m.member, 'USAGE'))`,
    [drift.filter(({ joins }) => joins).map(({ by }) => by)],
  );
  if (rows.length === 0) return;
  const owners = rows.map(({ name }) => `"${name}"`).join(", ");
  throw new UserError({
    code: "EP-ACCESS-07",
    step: "repairing the schema's rights",
    at: errorLocation(inputs),
    expected: `this login to hold ADMIN on every owner of objects in the schema, here ${owners}`,
    found: listed(drift.filter(({ by }) => rows.some(({ name }) => name === by)).map(({ line }) => line)),
    remedy: `log in as ${owners} and move these objects to another schema (ALTER … SET SCHEMA), or drop them; then this again`,
  });
}

async function requireGrantees(session: Session, inputs: AccessInputs): Promise<void> {
  const names = Object.keys(inputs.grants).filter((name) => name !== "public");
  const found = (await findGroupRoles(session, names, [])).map(({ name }) => name);
  const missing = names.filter((name) => !found.includes(name));
  if (missing.length > 0) {
    throw new UserError({
      code: "EP-ACCESS-09",
      step: "granting further rights",
      at: errorLocation(inputs),
      expected: "a role for each entry of `grants`",
      found: `no role ${missing.map((name) => `"${name}"`).join(", ")}`,
    });
  }
}

async function requireObjects(session: Session, inputs: AccessInputs): Promise<void> {
  const missing = await missingObjects(session, inputs);
  if (missing.length > 0) {
    throw new UserError({
      code: "EP-ACCESS-10",
      step: "granting further rights",
      at: errorLocation(inputs),
      expected: "every object that `grants` names",
      found: `none of these in schema "${inputs.schema}": ${missing.join(", ")}`,
    });
  }
}

/** @throws {UserError} EP-ACCESS-04 where somebody else was given rights or a membership, EP-ACCESS-11 where a repair had no effect */
async function requireDeclared(session: Session, inputs: AccessInputs, drift: readonly DriftedRight[]): Promise<void> {
  const failed = drift.filter(({ own }) => own).map(({ line }) => line);
  for (const [name, role] of await findDeclared(session, inputs)) {
    failed.push(
      ...memberDrift(inputs, inputs.members[name] ?? { profile: "" }, role).map((words) => `${name}: ${words}`),
    );
  }
  if (failed.length > 0) {
    throw new UserError({
      code: "EP-ACCESS-11",
      step: "reading the rights back",
      at: errorLocation(inputs),
      expected: "the declared rights",
      found: listed(failed),
    });
  }
  const rights = drift.filter(({ own }) => !own);
  const members = await strangers(session, inputs);
  if (rights.length + members.length === 0) return;
  throw new UserError({
    code: "EP-ACCESS-04",
    step: "comparing the schema's rights with the declared ones",
    at: errorLocation(inputs),
    expected: "no right in it but those of the profiles and of `grants`, and no member but the declared ones",
    found: listed([...members.map(({ line }) => line), ...rights.map(({ line }) => line)]),
    remedy:
      "declare in `grants` or `members` what is meant; otherwise, as administrator in this database, then this again: " +
      printable([...members.map(({ statement }) => statement), ...restoring(rights.slice(0, LISTED))].join("; ")),
  });
}

/** Members of the profiles' roles that nobody declared. What other resources of this kind manage is declared there. */
export async function strangers(
  session: Session,
  inputs: AccessInputs,
): Promise<{ line: string; statement: string }[]> {
  const own = PROFILES.map((profile) => inputs.roles[profile]);
  const roles = await findGroupRoles(session, own, []);
  return roles.flatMap(({ name, strangers: members }) =>
    members
      .filter((member) => !own.includes(member) && !(member in inputs.members))
      .map((member) => ({
        line: `membership in ${name} given to ${member}`,
        statement: `REVOKE ${identifier(name)} FROM ${identifier(member)}`,
      })),
  );
}

function listed(lines: readonly string[]): string {
  const more = lines.length > LISTED ? `; ${lines.length - LISTED} more` : "";
  return printable(lines.slice(0, LISTED).join("; ")) + more;
}

/** Tables have whatever names people gave them; control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

async function outcomeOf(session: Session, inputs: AccessInputs): Promise<Outcome> {
  const roles = await findGroupRoles(session, Object.values(inputs.roles), []);
  const [schema] = await findSchemas(session, inputs.schema, undefined);
  const oidOf = (profile: Profile) => roles.find(({ name }) => name === inputs.roles[profile])?.oid ?? "";
  return {
    roleOids: {
      reader: oidOf("reader"),
      writer: oidOf("writer"),
      migrator: oidOf("migrator"),
      owner: oidOf("owner"),
    },
    schemaOid: schema?.oid ?? "",
  };
}
