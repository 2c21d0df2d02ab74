import { escapeIdentifier } from "pg";
import type { Query } from "./connection.ts";

/**
 * Takes the advisory locks of a role and its members until the end of the transaction, so that two resources do not change one
 * role at once.
 */
export async function lockRole(query: Query, role: string): Promise<void> {
  await query("SET statement_timeout = 0");
  await query("SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_roles WHERE rolname = $1", [role]);
  await query(
    "SELECT pg_advisory_xact_lock(m.member::bigint) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname = $1",
    [role],
  );
}

/** Takes the advisory lock of a database until the end of the transaction. */
export async function lockDatabase(query: Query, database: string): Promise<void> {
  await query("SET statement_timeout = 0");
  await query("SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_database WHERE datname = $1", [database]);
}

/** Makes `member` a member of `role`. @returns false when it is one already */
export async function grantMembership(query: Query, role: string, member: string): Promise<boolean> {
  if (role === member || (await canBecome(query, role, member))) return false;
  await query(`GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(member)}`);
  return true;
}

/** Ends a membership. @returns false when there was none */
export async function revokeMembership(query: Query, role: string, member: string): Promise<boolean> {
  if (role === member || !(await canBecome(query, role, member))) return false;
  await query(`REVOKE ${escapeIdentifier(role)} FROM ${escapeIdentifier(member)}`);
  return true;
}

/**
 * Works as a member of the roles: an Entra administrator is no superuser and may change what a role owns only as its member.
 * Memberships that would close a circle are taken back for that time.
 */
export async function withRoles<T>(query: Query, roles: readonly string[], work: () => Promise<T>): Promise<T> {
  const user = (await query<{ name: string }>("SELECT current_user::text AS name"))[0]?.name ?? "";
  if (roles.length === 0 || (await isSuperuser(query, user))) return await work();
  const granted: string[] = [];
  const revoked: string[] = [];
  for (const role of roles) {
    if (await isSuperuser(query, role)) continue;
    if (await revokeMembership(query, user, role)) revoked.push(role);
    if (await grantMembership(query, role, user)) granted.push(role);
  }
  const result = await work();
  for (const role of granted) await revokeMembership(query, role, user);
  for (const role of revoked) {
    if (await exists(query, "role", role)) await grantMembership(query, user, role);
  }
  return result;
}

const CATALOGS = {
  role: "SELECT 1 FROM pg_roles WHERE rolname = $1",
  database: "SELECT 1 FROM pg_database WHERE datname = $1",
  schema: "SELECT 1 FROM pg_namespace WHERE nspname = $1",
} as const;

/** Whether there is a role, a database, or a schema in the session's database. */
export async function exists(query: Query, what: keyof typeof CATALOGS, name: string): Promise<boolean> {
  return (await query(CATALOGS[what], [name])).length > 0;
}

/** Owner of a database. @throws Error when there is no such database */
export async function databaseOwner(query: Query, database: string): Promise<string> {
  const sql = "SELECT r.rolname AS owner FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = $1";
  const found = (await query<{ owner: string }>(sql, [database]))[0];
  if (!found) throw missing(`database ${database}`);
  return found.owner;
}

/** The error for a missing role, schema or database. */
export function missing(what: string): Error {
  return new Error(`There is no ${what}. Create it first, or use another name.`);
}

async function canBecome(query: Query, role: string, member: string): Promise<boolean> {
  const sql =
    "SELECT 1 FROM pg_auth_members WHERE pg_get_userbyid(roleid) = $1 AND pg_get_userbyid(member) = $2 AND set_option";
  return (await query(sql, [role, member])).length > 0;
}

async function isSuperuser(query: Query, role: string): Promise<boolean> {
  const found = await query<{ rolsuper: boolean }>("SELECT rolsuper FROM pg_roles WHERE rolname = $1", [role]);
  if (!found[0]) throw missing(`role ${role}`);
  return found[0].rolsuper;
}
