import { createHash } from "node:crypto";
import { UserError } from "../errors/userError.ts";
import type { Session } from "./adminSession.ts";
import { identifier } from "./quoting.ts";

/**
 * A grantor role, one for each administrator: a role without login that creates the roles of schemas and gives ADMIN on them.
 *
 * From PostgreSQL 16 on only a holder of ADMIN manages a role. Whoever creates a role holds it, and what a holder grants to others goes when
 * the holder's role is dropped (DROP OWNED). An administrator's role may be dropped when Azure removes the administrator; its grantor role
 * stays, and with it everything that it granted. Each administrator is a member of the others' grantor roles, too.
 */
const PREFIX = "entra_postgres_grantor_";

/** Until the end of the transaction, other sessions in this database neither create nor drop a grantor role. */
const LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('entra-postgres grantor', 0))";

/** Condition of a query: the role of this name is a grantor role. */
export function isGrantorRole(name: string): string {
  return `pg_catalog.starts_with(${name}::text, '${PREFIX}')`;
}

/** The grantor role that this login created, or else a free name. A former administrator of the same name left one that is not this login's. */
async function ownGrantorRole(session: Session): Promise<{ name: string; exists: boolean }> {
  const { rows } = await session.query<{ login: string; own: string | null; taken: string[] }>(
    `SELECT session_user::text AS login, array(SELECT rolname::text FROM pg_catalog.pg_roles WHERE ${isGrantorRole("rolname")}) AS taken,
            (SELECT min(r.rolname::text) FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
               JOIN pg_catalog.pg_roles g ON g.oid = m.grantor JOIN pg_catalog.pg_roles l ON l.oid = m.member
              WHERE l.rolname = session_user AND m.admin_option AND g.rolsuper AND ${isGrantorRole("r.rolname")}) AS own`,
  );
  const { login = "", own = null, taken = [] } = rows[0] ?? {};
  if (own !== null) return { name: own, exists: true };
  for (let number = 1; ; number += 1) {
    const name = PREFIX + createHash("sha256").update(`${login} ${number}`).digest("hex").slice(0, 12);
    if (!taken.includes(name)) return { name, exists: false };
  }
}

/**
 * Creates the grantor role of this login if there is none yet, and makes the other administrators members of it.
 * @param administrators roles of the server's administrators
 * @returns its name
 */
export async function ensureGrantorRole(session: Session, administrators: readonly string[]): Promise<string> {
  let { name, exists } = await ownGrantorRole(session);
  if (!exists) {
    // The first operations of a new server run side by side; each waits here for the one that creates it.
    await session.query(LOCK);
    ({ name, exists } = await ownGrantorRole(session));
  }
  const role = identifier(name);
  if (!exists) {
    await session.query(`CREATE ROLE ${role} NOLOGIN CREATEROLE`);
    await session.query(`COMMENT ON ROLE ${role} IS 'Gives rights in the name of an administrator of entra-postgres'`);
    await session.query(`GRANT ${role} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
  }
  const { rows: outside } = await session.query<{ name: string }>(
    `SELECT a.rolname::text AS name FROM pg_catalog.pg_roles a
      WHERE a.rolname::text = ANY ($2::text[]) AND a.rolname <> session_user AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
         WHERE g.rolname::text = $1 AND m.member = a.oid AND m.admin_option AND m.inherit_option AND m.set_option)`,
    [name, administrators],
  );
  for (const { name: other } of outside) {
    await session.query(`GRANT ${role} TO ${identifier(other)} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE`);
  }
  return name;
}

/** Drops the grantor role of this login once it manages no role any more. Of deletes side by side, each waits here for the others' end. */
export async function dropIdleGrantorRole(session: Session): Promise<void> {
  await session.query(LOCK);
  const { name } = await ownGrantorRole(session);
  const { rows } = await session.query(
    `SELECT 1 FROM pg_catalog.pg_roles g WHERE g.rolname::text = $1 AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_auth_members m WHERE g.oid IN (m.member, m.grantor))`,
    [name],
  );
  if (rows.length > 0) await session.query(`DROP ROLE ${identifier(name)}`);
}

/**
 * Gives the grantor role ADMIN on roles, as far as it lacks it: by another grantor role, so that it lasts, else by who else holds it.
 * @param at where, if ADMIN is needed; without it, a role on which this login has no way to ADMIN is left as it is
 * @throws {UserError} EP-ACCESS-07 with the holders of ADMIN, where it is needed and this login has no way to it
 */
export async function giveAdmin(
  session: Session,
  roles: readonly string[],
  grantorRole: string,
  at?: string,
): Promise<void> {
  const { rows } = await session.query<{ role: string; given: boolean; by: string | null; holders: string[] }>(
    `SELECT r.rolname::text AS role, coalesce(bool_or(h.rolname::text = $2), false) AS given,
            (array_agg(h.rolname::text ORDER BY ${isGrantorRole("h.rolname")} DESC, h.rolname)
              FILTER (WHERE pg_catalog.pg_has_role(h.oid, 'USAGE')))[1] AS by,
            coalesce(array_agg(DISTINCT h.rolname::text) FILTER (WHERE h.oid IS NOT NULL), '{}') AS holders
       FROM pg_catalog.pg_roles r
       LEFT JOIN (pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles h ON h.oid = m.member) ON m.roleid = r.oid AND m.admin_option
      WHERE r.rolname::text = ANY ($1::text[]) GROUP BY r.rolname`,
    [roles, grantorRole],
  );
  for (const { role, given, by, holders } of rows) {
    if (given) continue;
    if (by === null) {
      if (at === undefined) continue;
      throw noAdmin(role, grantorRole, holders, at);
    }
    await session.query(
      `GRANT ${identifier(role)} TO ${identifier(grantorRole)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE GRANTED BY ${identifier(by)}`,
    );
  }
}

/**
 * Grants again, by this grantor role, what other grantor roles granted of these roles: only a member of the grantor may revoke a membership,
 * and this login may cease to be a member of the others.
 */
export async function takeOverMemberships(
  session: Session,
  roles: readonly string[],
  grantorRole: string,
): Promise<void> {
  const { rows } = await session.query<{
    role: string;
    member: string;
    by: string;
    admin: boolean;
    inherit: boolean;
    set: boolean;
  }>(
    `SELECT r.rolname::text AS role, t.rolname::text AS member, g.rolname::text AS by,
            m.admin_option AS admin, m.inherit_option AS inherit, m.set_option AS set
       FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
       JOIN pg_catalog.pg_roles t ON t.oid = m.member JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
      WHERE r.rolname::text = ANY ($1::text[]) AND g.rolname::text <> $2 AND ${isGrantorRole("g.rolname")}
        AND NOT ${isGrantorRole("t.rolname")} AND pg_catalog.pg_has_role(g.oid, 'USAGE')`,
    [roles, grantorRole],
  );
  for (const { role, member, by, admin, inherit, set } of rows) {
    const membership = `${identifier(role)} TO ${identifier(member)} WITH ADMIN ${admin}, INHERIT ${inherit}, SET ${set}`;
    await session.query(`GRANT ${membership} GRANTED BY ${identifier(grantorRole)}`);
    await session.query(`REVOKE ${identifier(role)} FROM ${identifier(member)} GRANTED BY ${identifier(by)}`);
  }
}

function noAdmin(role: string, grantorRole: string, holders: readonly string[], at: string): UserError {
  const [holder] = holders;
  return new UserError({
    code: "EP-ACCESS-07",
    step: `taking over the administration of role "${role}"`,
    at,
    expected: "this login to hold ADMIN on it, itself or by another administrator's grantor role",
    found: holder ? `only these roles hold it: ${holders.join(", ")}` : "no role holds it",
    ...(holder
      ? {
          remedy: `as ${holder}: GRANT ${identifier(role)} TO ${identifier(grantorRole)} WITH ADMIN OPTION; or run \`pulumi up\` logged in as an administrator who is a member of it`,
        }
      : {}),
  });
}
