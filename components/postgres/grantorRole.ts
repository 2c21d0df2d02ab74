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

/** Condition of a query: the role of this name is a grantor role. */
export function isGrantorRole(name: string): string {
  return `pg_catalog.starts_with(${name}::text, '${PREFIX}')`;
}

function grantorRoleOf(administrator: string): string {
  return PREFIX + createHash("sha256").update(administrator).digest("hex").slice(0, 12);
}

async function loginOf(session: Session): Promise<string> {
  const { rows } = await session.query<{ login: string }>("SELECT session_user::text AS login");
  return rows[0]?.login ?? "";
}

/**
 * Creates the grantor role of this login if there is none yet, and makes the other administrators members of it.
 * @param administrators roles of the server's administrators
 * @returns its name
 */
export async function ensureGrantorRole(session: Session, administrators: readonly string[]): Promise<string> {
  const name = grantorRoleOf(await loginOf(session));
  const role = identifier(name);
  const { rows: found } = await session.query("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname::text = $1", [name]);
  if (found.length === 0) {
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

/** Drops the grantor role of this login once it manages no role any more. */
export async function dropIdleGrantorRole(session: Session): Promise<void> {
  const name = grantorRoleOf(await loginOf(session));
  const { rows } = await session.query(
    `SELECT 1 FROM pg_catalog.pg_roles g WHERE g.rolname::text = $1 AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_auth_members m WHERE g.oid IN (m.member, m.grantor))`,
    [name],
  );
  if (rows.length > 0) await session.query(`DROP ROLE ${identifier(name)}`);
}

/**
 * Gives the grantor role ADMIN on roles, as far as it lacks it: by another grantor role, so that it lasts, else by who else holds it.
 * @throws {UserError} EP-ACCESS-07 with the holders of ADMIN, where this login has no way to it
 */
export async function giveAdmin(
  session: Session,
  roles: readonly string[],
  grantorRole: string,
  at: string,
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
    if (by === null) throw noAdmin(role, grantorRole, holders, at);
    await session.query(
      `GRANT ${identifier(role)} TO ${identifier(grantorRole)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE GRANTED BY ${identifier(by)}`,
    );
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
