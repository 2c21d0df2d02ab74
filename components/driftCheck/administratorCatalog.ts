import type { Administrator } from "../postgres/administrator.ts";
import type { Session } from "../postgres/adminSession.ts";

/** Those who administer a server. */
export interface FoundAdministrators {
  /** The principals: those that the server lists as administrators, and those with LOGIN that are members of `azure_pg_admin`. */
  principals: Administrator[];
  /** Roles with LOGIN in `azure_pg_admin` that are bound to no principal, such as roles of Azure's own. */
  others: string[];
}

/**
 * Everybody who administers the server.
 *
 * The columns of `pgaadauth_list_principals` are named by position, as in principal/catalog.ts.
 */
export async function findAdministrators(session: Session): Promise<FoundAdministrators> {
  const { rows } = await session.query<{ name: string; objectid: string | null; type: string }>(
    `SELECT r.rolname::text AS name, lower(p.objectid::text) AS objectid, coalesce(p.principaltype::text, '') AS type
       FROM pg_catalog.pg_roles r
       LEFT JOIN pg_catalog.pgaadauth_list_principals(false) AS p(rolname, principaltype, objectid, tenantid, ismfa, isadmin)
              ON p.rolname::text = r.rolname::text
      WHERE r.rolname::text IN (
              SELECT a.rolname::text
                FROM pg_catalog.pgaadauth_list_principals(true) AS a(rolname, principaltype, objectid, tenantid, ismfa, isadmin))
         OR (r.rolcanlogin AND EXISTS (
              SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles a ON a.oid = m.roleid
               WHERE a.rolname = 'azure_pg_admin' AND m.member = r.oid))
      ORDER BY 1`,
  );
  return {
    principals: rows.flatMap(({ name, objectid, type }) => (objectid ? [{ name, objectId: objectid, type }] : [])),
    others: rows.filter(({ objectid }) => !objectid).map(({ name }) => name),
  };
}
