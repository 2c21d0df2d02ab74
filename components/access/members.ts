import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors/userError.ts";
import type { Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { giveAdmin } from "../postgres/grantorRole.ts";
import { identifier, literal } from "../postgres/quoting.ts";
import type { AccessInputs, Member } from "./accessInputs.ts";
import { findMembers, type MemberRole } from "./memberCatalog.ts";
import { actsAsCreator, CREATOR, isProfile, joinedProfiles, PROFILES } from "./profiles.ts";

/** What a member has to be: its roles, whom its sessions act as, and where they look for tables. */
interface Wanted {
  roles: string[];
  actsAs: string | undefined;
  searchPath: string[];
}

function wantedOf({ roles, schema }: AccessInputs, member: Member): Wanted {
  const profile = declaredProfile(member);
  const joined = isProfile(profile) ? joinedProfiles(profile) : [];
  return {
    roles: joined.map((each) => roles[each]),
    actsAs: isProfile(profile) && actsAsCreator(profile) ? roles[CREATOR] : undefined,
    // Extensions lie in public, where nobody but administrators creates anything.
    searchPath: [schema, "public"],
  };
}

/** A state after a refresh also has what was found to differ, behind the profile. */
export function declaredProfile({ profile }: Member): string {
  return profile.split(";")[0] ?? "";
}

/** The schema's members that are declared, as the server has them; undefined for a role that does not exist. */
export async function findDeclared(
  session: Session,
  inputs: AccessInputs,
): Promise<Map<string, MemberRole | undefined>> {
  const names = Object.keys(inputs.members);
  const groups = PROFILES.map((profile) => inputs.roles[profile]);
  const found = await findMembers(session, { names, oids: [], groups });
  return new Map(names.map((name) => [name, found.find((role) => role.name === name)]));
}

/** How a member differs from what is declared, in words; empty where it does not. */
export function memberDrift(inputs: AccessInputs, member: Member, role: MemberRole | undefined): string[] {
  if (!role) return ["there is no such role"];
  const wanted = wantedOf(inputs, member);
  const held = role.memberOf.map(({ role: name }) => name);
  return [
    ...wanted.roles.filter((name) => !held.includes(name)).map((name) => `not a member of ${name}`),
    ...held.filter((name) => !wanted.roles.includes(name)).map((name) => `a member of ${name}`),
    ...(role.actsAs === wanted.actsAs ? [] : [`acts as ${role.actsAs ?? "itself"}`]),
    ...(isDeepStrictEqual(role.searchPath, wanted.searchPath)
      ? []
      : [`search_path ${role.searchPath?.join(", ") ?? "not set"}`]),
  ];
}

/**
 * Gives each declared member its roles and its login settings in this database, and takes both from members that are no longer declared.
 * @throws {UserError} EP-ACCESS-08 for a member that does not exist
 */
export async function bringAboutMembers(
  session: Session,
  inputs: AccessInputs,
  former: AccessInputs | undefined,
  grantorRole: string,
): Promise<void> {
  const declared = await findDeclared(session, inputs);
  const missing = [...declared].filter(([, role]) => !role).map(([name]) => `"${name}"`);
  if (missing.length > 0) {
    throw new UserError({
      code: "EP-ACCESS-08",
      step: "adding the schema's members",
      at: errorLocation(inputs),
      expected: "a role for each member",
      found: `no role ${missing.join(", ")}`,
    });
  }
  const removed = await findRemoved(session, inputs, former, declared);
  const altered = [...declared]
    .map(([name, role]) => ({ role: role as MemberRole, wanted: wantedOf(inputs, inputs.members[name] as Member) }))
    .filter(({ role, wanted }) => differs(role, wanted));
  const names = [...altered.map(({ role }) => role.name), ...removed.map(({ name }) => name)];
  await giveAdmin(session, names, grantorRole, errorLocation(inputs));
  for (const { role, wanted } of altered) await alter(session, role, wanted);
  for (const role of removed) await removeMember(session, role, former as AccessInputs);
}

function differs(role: MemberRole, wanted: Wanted): boolean {
  const held = role.memberOf.map(({ role: name }) => name);
  return (
    !isDeepStrictEqual([...new Set(held)].sort(), [...wanted.roles].sort()) ||
    role.actsAs !== wanted.actsAs ||
    !isDeepStrictEqual(role.searchPath, wanted.searchPath)
  );
}

async function alter(session: Session, role: MemberRole, wanted: Wanted): Promise<void> {
  const name = identifier(role.name);
  const held = role.memberOf.map(({ role: group }) => group);
  for (const group of wanted.roles.filter((each) => !held.includes(each))) {
    await session.query(`GRANT ${identifier(group)} TO ${name}`);
  }
  await leave(session, role, (group) => !wanted.roles.includes(group));
  if (role.actsAs !== wanted.actsAs) {
    await set(session, role, wanted.actsAs === undefined ? "RESET role" : `SET role TO ${literal(wanted.actsAs)}`);
  }
  if (!isDeepStrictEqual(role.searchPath, wanted.searchPath)) {
    await set(session, role, `SET search_path TO ${wanted.searchPath.map(literal).join(", ")}`);
  }
}

async function leave(session: Session, role: MemberRole, leaves: (group: string) => boolean): Promise<void> {
  for (const { role: group, grantor } of role.memberOf.filter((each) => leaves(each.role))) {
    await session.query(
      `REVOKE ${identifier(group)} FROM ${identifier(role.name)} GRANTED BY ${identifier(grantor)} CASCADE`,
    );
  }
}

/** Login settings of one database. ALTER ROLE names it, and takes no expression. */
async function set(session: Session, role: MemberRole, setting: string): Promise<void> {
  const { rows } = await session.query<{ name: string }>("SELECT pg_catalog.current_database()::text AS name");
  await session.query(`ALTER ROLE ${identifier(role.name)} IN DATABASE ${identifier(rows[0]?.name ?? "")} ${setting}`);
}

/** Members of the state before that are no longer declared. A role that was renamed is found by its oid and stays. */
async function findRemoved(
  session: Session,
  inputs: AccessInputs,
  former: AccessInputs | undefined,
  declared: ReadonlyMap<string, MemberRole | undefined>,
): Promise<MemberRole[]> {
  const entries = Object.entries(former?.members ?? {});
  const kept = [...declared.values()].map((role) => role?.oid);
  const found = await findMembers(session, {
    names: entries.filter(([, { oid }]) => oid === undefined).map(([name]) => name),
    oids: entries.flatMap(([, { oid }]) => oid ?? []),
    groups: PROFILES.map((profile) => inputs.roles[profile]),
  });
  return found.filter(({ oid }) => !kept.includes(oid));
}

/** Settings that another schema of the database has set meanwhile stay. */
async function removeMember(session: Session, role: MemberRole, former: AccessInputs): Promise<void> {
  await leave(session, role, () => true);
  if (role.searchPath?.[0] === former.schema) {
    await set(session, role, "RESET search_path");
    if (role.actsAs !== undefined) await set(session, role, "RESET role");
  }
}

/** Takes the memberships and login settings of this schema from its members, before it is deleted or left to others. */
export async function removeMembers(session: Session, inputs: AccessInputs, grantorRole: string): Promise<void> {
  const nobody = { ...inputs, members: {} };
  await bringAboutMembers(session, nobody, inputs, grantorRole);
}
