import type { Administrator } from "../postgres/administrator.ts";
import type { Session } from "../postgres/adminSession.ts";

/**
 * Everybody who administers the server: the principals that it lists as administrators, and any other role that has `azure_pg_admin` and may
 * log in. Azure's own roles, whose names begin with `azure`, do not count. A role that is bound to no identity has an empty object id.
 *
 * The columns of `pgaadauth_list_principals` are named by position, as in principal/catalog.ts.
 */
export async function findAdministrators(session: Session): Promise<Administrator[]> {
  const { rows } = await session.query<{ name: string; objectid: string; type: string }>(
    `SELECT p.rolname::text AS name, lower(coalesce(p.objectid::text, '')) AS objectid,
            coalesce(p.principaltype::text, '') AS type
       FROM pg_catalog.pgaadauth_list_principals(true) AS p(rolname, principaltype, objectid, tenantid, ismfa, isadmin)
      UNION
     SELECT r.rolname::text, lower(coalesce(p.objectid::text, '')), coalesce(p.principaltype::text, '')
       FROM pg_catalog.pg_auth_members m
       JOIN pg_catalog.pg_roles a ON a.oid = m.roleid AND a.rolname = 'azure_pg_admin'
       JOIN pg_catalog.pg_roles r ON r.oid = m.member AND r.rolcanlogin AND r.rolname !~ '^azure'
       LEFT JOIN pg_catalog.pgaadauth_list_principals(false) AS p(rolname, principaltype, objectid, tenantid, ismfa, isadmin)
              ON p.rolname::text = r.rolname::text
      ORDER BY 1`,
  );
  return rows.map(({ name, objectid, type }) => ({ name, objectId: objectid, type }));
}
