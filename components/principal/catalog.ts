import pg from "pg";
import type { Session } from "./adminSession.ts";

/** A role as the server knows it. `principal` is undefined for a role that is bound to no Entra identity. */
export interface RoleState {
  name: string;
  canLogin: boolean;
  principal?: { objectId: string; type: string; isAdmin: boolean; isMfa: boolean };
}

/** The words that `pgaadauth_*` take for the kind of a principal; a managed identity is a `service`. */
export const PRINCIPAL_TYPES = ["service", "user", "group"];

/**
 * The role of that name, exactly as written, or undefined.
 *
 * The columns of `pgaadauth_list_principals` are named by position, because Azure's documents and its servers spell
 * them differently.
 */
export async function findRole(session: Session, name: string): Promise<RoleState | undefined> {
  const { rows } = await session.query<{
    rolname: string;
    rolcanlogin: boolean;
    principaltype: string | null;
    objectid: string | null;
    isadmin: boolean;
    ismfa: boolean;
  }>(
    `SELECT r.rolname, r.rolcanlogin, p.principaltype, p.objectid,
            coalesce(p.isadmin::text IN ('1', 't', 'true'), false) AS isadmin,
            coalesce(p.ismfa::text IN ('1', 't', 'true'), false) AS ismfa
       FROM pg_catalog.pg_roles r
       LEFT JOIN pg_catalog.pgaadauth_list_principals(false)
              AS p(rolname, principaltype, objectid, tenantid, ismfa, isadmin) ON p.rolname::text = r.rolname::text
      WHERE r.rolname = $1`,
    [name],
  );
  const row = rows[0];
  if (!row) {
    return undefined;
  }
  return {
    name: row.rolname,
    canLogin: row.rolcanlogin,
    ...(row.objectid
      ? {
          principal: {
            objectId: row.objectid.toLowerCase(),
            type: (row.principaltype ?? "").toLowerCase(),
            isAdmin: row.isadmin,
            isMfa: row.ismfa,
          },
        }
      : {}),
  };
}

/** What a role is to be bound to. */
export interface Binding {
  roleName: string;
  objectId: string;
  principalType: string;
  isAdmin: boolean;
  isMfa: boolean;
}

/** The article's call: the service looks the name up in the tenant. Answers `Created role for "<name>"`. */
export async function createByName(session: Session, b: Binding): Promise<string> {
  const { rows } = await session.query<{ message: string }>(
    "SELECT pg_catalog.pgaadauth_create_principal($1, $2, $3) AS message",
    [b.roleName, b.isAdmin, b.isMfa],
  );
  return rows[0]?.message ?? "";
}

/** The same by object id, which no second principal can share. */
export async function createByObjectId(session: Session, b: Binding): Promise<string> {
  const { rows } = await session.query<{ message: string }>(
    "SELECT pg_catalog.pgaadauth_create_principal_with_oid($1, $2, $3, $4, $5) AS message",
    [b.roleName, b.objectId, b.principalType, b.isAdmin, b.isMfa],
  );
  return rows[0]?.message ?? "";
}

/**
 * Binds an existing role to another identity, keeping its grants and what it owns. The function is not in Azure's
 * documents, so the caller asks {@link canRebind} first.
 */
export async function rebind(session: Session, b: Binding): Promise<void> {
  await session.query("SELECT pg_catalog.pgaadauth_update_principal_with_oid($1, $2, $3, $4, $5)", [
    b.roleName,
    b.objectId,
    b.principalType,
    b.isAdmin,
    b.isMfa,
  ]);
}

export async function canRebind(session: Session): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT 1 FROM pg_catalog.pg_proc
      WHERE proname = 'pgaadauth_update_principal_with_oid' AND pronamespace = 'pg_catalog'::regnamespace`,
  );
  return rows.length > 0;
}

/** Makes two runs that mean the same role take turns, until the end of the transaction. */
export async function lockName(session: Session, name: string): Promise<void> {
  await session.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('entra-postgres ' || $1))", [name]);
}

/** Databases in which something belongs to the role (`o`) or is granted to it (`a`, and `i` for initial grants). */
export async function dependencies(session: Session, name: string): Promise<{ database: string; owned: number }[]> {
  const { rows } = await session.query<{ database: string | null; owned: string }>(
    `SELECT d.datname AS database, count(*) FILTER (WHERE s.deptype = 'o') AS owned
       FROM pg_catalog.pg_shdepend s
       JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid AND s.refclassid = 'pg_catalog.pg_authid'::regclass
       LEFT JOIN pg_catalog.pg_database d
              ON d.oid = CASE WHEN s.classid = 'pg_catalog.pg_database'::regclass THEN s.objid ELSE s.dbid END
      WHERE r.rolname = $1
      GROUP BY 1 ORDER BY 1`,
    [name],
  );
  return rows.map((row) => ({ database: row.database ?? "", owned: Number(row.owned) }));
}

/** Ends the role's sessions, which outlive both the role and their tokens; answers how many there were. */
export async function endSessions(session: Session, name: string): Promise<number> {
  const { rows } = await session.query<{ ended: string }>(
    "SELECT count(pg_catalog.pg_terminate_backend(pid)) AS ended FROM pg_catalog.pg_stat_activity WHERE usename = $1",
    [name],
  );
  return Number(rows[0]?.ended ?? 0);
}

/** Revokes everything granted to the role in the session's database. Drops nothing while the role owns nothing there. */
export async function revokeAll(session: Session, name: string): Promise<void> {
  await session.query(`GRANT ${quoteName(name)} TO CURRENT_USER WITH INHERIT TRUE`);
  await session.query(`DROP OWNED BY ${quoteName(name)} RESTRICT`);
}

export async function dropRole(session: Session, name: string): Promise<void> {
  await session.query(`DROP ROLE ${quoteName(name)}`);
}

/** The one place where a name becomes part of a statement; everything else travels as a parameter. */
function quoteName(name: string): string {
  return pg.escapeIdentifier(name);
}
