import type { Session } from "../postgres/adminSession.ts";

/** A role that logs in, as far as a schema's members are concerned. */
export interface MemberRole {
  oid: string;
  name: string;
  /** Those of the asked roles that it is a member of, with who granted it. */
  memberOf: { role: string; grantor: string }[];
  /** Role that its sessions in this database act as (SET ROLE). */
  actsAs: string | undefined;
  /** Its sessions' search_path in this database. */
  searchPath: string[] | undefined;
}

/** Roles by their names or oids, with their memberships in `groups` and their login settings in the session's database. */
export async function findMembers(
  session: Session,
  { names, oids, groups }: { names: readonly string[]; oids: readonly string[]; groups: readonly string[] },
): Promise<MemberRole[]> {
  const { rows } = await session.query<{
    oid: string;
    name: string;
    memberof: { role: string; grantor: string }[];
    actsas: string | null;
    searchpath: string | null;
  }>(
    `SELECT r.oid::text, r.rolname::text AS name,
            (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('role', g.rolname, 'grantor', b.rolname)), '[]')
               FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid JOIN pg_catalog.pg_roles b ON b.oid = m.grantor
              WHERE m.member = r.oid AND g.rolname::text = ANY ($3::text[])) AS memberof,
            ${setting("role")} AS actsas, ${setting("search_path")} AS searchpath
       FROM pg_catalog.pg_roles r WHERE r.rolname::text = ANY ($1::text[]) OR r.oid::text = ANY ($2::text[])`,
    [names, oids, groups],
  );
  return rows.map(({ memberof, actsas, searchpath, ...rest }) => ({
    ...rest,
    memberOf: memberof,
    actsAs: actsas ?? undefined,
    searchPath: searchpath === null ? undefined : namesIn(searchpath),
  }));
}

/** SQL for a login setting of the role in the session's database. */
function setting(name: "role" | "search_path"): string {
  return `(SELECT pg_catalog.substr(c.setting, ${name.length + 2})
             FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c(setting)
            WHERE s.setrole = r.oid AND pg_catalog.starts_with(c.setting, '${name}=')
              AND s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))`;
}

/** The names in a list as PostgreSQL stores it: separated by commas, quoted where a name needs quotes. */
function namesIn(list: string): string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|[^,\s"]+/g)].map(
    ([plain, quoted]) => quoted?.replaceAll('""', '"') ?? plain,
  );
}
