import { inTransaction, type Session } from "../postgres/adminSession.ts";
import { identifier, literal } from "../postgres/quoting.ts";
import { databasesWithSettings, grantorsOf } from "./catalog.ts";

/** The identity that a role is bound to. */
export interface Binding {
  roleName: string;
  objectId: string;
  principalType: string;
  isAdmin: boolean;
  isMfa: boolean;
}

/** Creates the role for the tenant's principal of that name. The server answers `Created role for "<name>"`. */
export async function createByName(session: Session, b: Binding): Promise<string> {
  const { rows } = await session.query<{ message: string }>(
    "SELECT pg_catalog.pgaadauth_create_principal($1, $2, $3) AS message",
    [b.roleName, b.isAdmin, b.isMfa],
  );
  return rows[0]?.message ?? "";
}

/** Creates the role for an object id, which is unique. */
export async function createByObjectId(session: Session, b: Binding): Promise<string> {
  const { rows } = await session.query<{ message: string }>(
    "SELECT pg_catalog.pgaadauth_create_principal_with_oid($1, $2, $3, $4, $5) AS message",
    [b.roleName, b.objectId, b.principalType, b.isAdmin, b.isMfa],
  );
  return rows[0]?.message ?? "";
}

/**
 * Binds an existing role to another identity; grants and owned objects stay. Azure does not document the function, so the caller asks
 * `canRebind` first.
 */
export async function rebindByFunction(session: Session, b: Binding): Promise<void> {
  await session.query("SELECT pg_catalog.pgaadauth_update_principal_with_oid($1, $2, $3, $4, $5)", [
    b.roleName,
    b.objectId,
    b.principalType,
    b.isAdmin,
    b.isMfa,
  ]);
}

/** Binds an existing role with the statement that Azure documents. It cannot express MFA. */
export async function rebindByLabel(session: Session, b: Binding): Promise<void> {
  await session.query(labelStatement(b));
}

export function labelStatement({ roleName, objectId, principalType, isAdmin }: Binding): string {
  const label = `aadauth,oid=${objectId},type=${principalType}${isAdmin ? ",admin" : ""}`;
  return `SECURITY LABEL FOR "pgaadauth" ON ROLE ${identifier(roleName)} IS ${literal(label)}`;
}

/** Serialises runs that work on the same role, until the end of the transaction. */
export async function lockName(session: Session, name: string): Promise<void> {
  await session.query(
    "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('entra-postgres ' || $1, 0))",
    [name],
  );
}

export async function allowLogin(session: Session, name: string, allowed: boolean): Promise<void> {
  await session.query(`ALTER ROLE ${identifier(name)} ${allowed ? "LOGIN" : "NOLOGIN"}`);
}

/** Revokes what only an administrator has. */
export async function takeAdministration(session: Session, name: string): Promise<void> {
  await session.query(`ALTER ROLE ${identifier(name)} NOCREATEROLE NOCREATEDB`);
  await leaveRole(session, "azure_pg_admin", name);
}

/** With a password, a role could log in without Entra. */
export async function removePassword(session: Session, name: string): Promise<void> {
  await session.query(`ALTER ROLE ${identifier(name)} PASSWORD NULL`);
}

export async function renameRole(session: Session, from: string, to: string): Promise<void> {
  await session.query(`ALTER ROLE ${identifier(from)} RENAME TO ${identifier(to)}`);
}

export async function commentOn(session: Session, name: string, comment: string): Promise<void> {
  await session.query(`COMMENT ON ROLE ${identifier(name)} IS ${literal(comment)}`);
}

export async function joinRole(session: Session, granted: string, member: string): Promise<void> {
  await session.query(`GRANT ${identifier(granted)} TO ${identifier(member)}`);
}

export async function leaveRole(session: Session, granted: string, member: string): Promise<void> {
  for (const grantor of await grantorsOf(session, granted, member)) {
    await session.query(
      `REVOKE ${identifier(granted)} FROM ${identifier(member)} GRANTED BY ${identifier(grantor)} CASCADE`,
    );
  }
}

/** Resets what the role's sessions begin with: a role that was taken over may have settings that act as another role. */
export async function resetSettings(session: Session, name: string): Promise<void> {
  for (const database of await databasesWithSettings(session, name)) {
    const place = database === null ? "" : ` IN DATABASE ${identifier(database)}`;
    await session.query(`ALTER ROLE ${identifier(name)}${place} RESET ALL`);
  }
}

/** Ends the role's sessions, which outlive both the role and their tokens; answers how many there were. */
export async function endSessions(session: Session, name: string): Promise<number> {
  const { rows } = await session.query<{ ended: string }>(
    "SELECT count(pg_catalog.pg_terminate_backend(pid)) AS ended FROM pg_catalog.pg_stat_activity WHERE usename::text = $1",
    [name],
  );
  return Number(rows[0]?.ended ?? 0);
}

/** What happens to the role's objects in the session's database before the role is dropped. */
export interface Disposal {
  /** The role that receives them; undefined when there are no objects, or when they are dropped. */
  reassignTo?: string;
}

/**
 * Revokes everything granted to the role in the session's database, after it reassigned the role's objects there. Without `reassignTo` it
 * drops them, but no object of another role that depends on them.
 */
export async function clearDatabase(session: Session, name: string, disposal: Disposal): Promise<void> {
  await inTransaction(session, () => clearAll(session, name, disposal));
}

/** The same, in the transaction that the session is in. */
export async function clearAll(session: Session, name: string, { reassignTo }: Disposal = {}): Promise<void> {
  await session.query(`GRANT ${identifier(name)} TO CURRENT_USER WITH INHERIT TRUE`);
  if (reassignTo !== undefined) {
    await session.query(`REASSIGN OWNED BY ${identifier(name)} TO ${identifier(reassignTo)}`);
  }
  await session.query(`DROP OWNED BY ${identifier(name)} RESTRICT`);
}

export async function dropRole(session: Session, name: string): Promise<void> {
  await session.query(`DROP ROLE ${identifier(name)}`);
}
