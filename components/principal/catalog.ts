import type { Session } from "../postgres/adminSession.ts";

/** A role as the server has it. */
export interface RoleState {
  /** PostgreSQL's own id of the role: stays when the role is renamed, relabelled or granted anything. */
  oid: string;
  name: string;
  canLogin: boolean;
  /** Whether the label, membership in azure_pg_admin, CREATEROLE or CREATEDB makes it an administrator. */
  isAdmin: boolean;
  /** Roles that it is a member of, azure_pg_admin left out, in alphabetical order. */
  memberOf: string[];
  comment: string;
  /** The Entra identity of the role; undefined for a role without a binding. */
  principal?: {
    objectId: string;
    /** One of {@link PRINCIPAL_TYPES}; undefined when the server uses another word. */
    type: string | undefined;
    isAdmin: boolean;
    isMfa: boolean;
  };
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
  return await oneRole(session, "r.rolname::text = $1", name);
}

/** The role of that oid, whatever it is called by now. */
export async function findRoleByOid(session: Session, oid: string): Promise<RoleState | undefined> {
  return await oneRole(session, "r.oid::text = $1", oid);
}

async function oneRole(session: Session, condition: string, value: string): Promise<RoleState | undefined> {
  const { rows } = await session.query<{
    oid: string;
    rolname: string;
    rolcanlogin: boolean;
    privileged: boolean;
    memberof: string[];
    comment: string;
    principaltype: string | null;
    objectid: string | null;
    isadmin: boolean;
    ismfa: boolean;
  }>(
    `SELECT r.oid::text, r.rolname, r.rolcanlogin,
            r.rolcreaterole OR r.rolcreatedb OR 'azure_pg_admin' = ANY (g.memberof) AS privileged,
            array_remove(g.memberof, 'azure_pg_admin') AS memberof,
            coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid'), '') AS comment,
            p.principaltype, p.objectid,
            coalesce(p.isadmin::text IN ('1', 't', 'true'), false) AS isadmin,
            coalesce(p.ismfa::text IN ('1', 't', 'true'), false) AS ismfa
       FROM pg_catalog.pg_roles r
       LEFT JOIN pg_catalog.pgaadauth_list_principals(false)
              AS p(rolname, principaltype, objectid, tenantid, ismfa, isadmin) ON p.rolname::text = r.rolname::text
      CROSS JOIN LATERAL (
            SELECT array(SELECT DISTINCT o.rolname::text FROM pg_catalog.pg_auth_members m
                           JOIN pg_catalog.pg_roles o ON o.oid = m.roleid WHERE m.member = r.oid ORDER BY 1) AS memberof) g
      WHERE ${condition}`,
    [value],
  );
  const row = rows[0];
  if (!row) {
    return undefined;
  }
  return {
    oid: row.oid,
    name: row.rolname,
    canLogin: row.rolcanlogin,
    isAdmin: row.privileged || row.isadmin,
    memberOf: row.memberof,
    comment: row.comment,
    ...(row.objectid
      ? {
          principal: {
            objectId: row.objectid.toLowerCase(),
            type: PRINCIPAL_TYPES.find((type) => type === row.principaltype?.toLowerCase()),
            isAdmin: row.isadmin,
            isMfa: row.ismfa,
          },
        }
      : {}),
  };
}

/** Other roles with a similar name: equal except for case and Unicode composition. */
export async function similarNames(session: Session, name: string): Promise<string[]> {
  const { rows } = await session.query<{ rolname: string }>(
    `SELECT rolname::text FROM pg_catalog.pg_roles
      WHERE lower(normalize(rolname::text, NFKC)) = lower(normalize($1, NFKC)) AND rolname::text <> $1 ORDER BY 1`,
    [name],
  );
  return rows.map(({ rolname }) => rolname);
}

export async function canRebind(session: Session): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT 1 FROM pg_catalog.pg_proc
      WHERE proname = 'pgaadauth_update_principal_with_oid' AND pronamespace = 'pg_catalog'::regnamespace`,
  );
  return rows.length > 0;
}

/** Whether this login may manage the role: it holds ADMIN on it, itself or by a role that it is a member of. */
export async function holdsAdmin(session: Session, name: string): Promise<boolean> {
  const { rows } = await session.query<{ holds: boolean }>(
    "SELECT pg_catalog.pg_has_role(oid, 'MEMBER WITH ADMIN OPTION') AS holds FROM pg_catalog.pg_roles WHERE rolname::text = $1",
    [name],
  );
  return rows[0]?.holds === true;
}

/** Databases in which the role has login settings, and null for those of all databases. */
export async function databasesWithSettings(session: Session, name: string): Promise<(string | null)[]> {
  const { rows } = await session.query<{ database: string | null }>(
    `SELECT d.datname::text AS database FROM pg_catalog.pg_db_role_setting s
       JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
      WHERE r.rolname::text = $1`,
    [name],
  );
  return rows.map(({ database }) => database);
}

/** Whether this login can give objects to a role: the role exists and the login is a member of it. */
export async function canGiveTo(session: Session, name: string): Promise<"yes" | "missing" | "no member"> {
  const { rows } = await session.query<{ member: boolean }>(
    "SELECT pg_catalog.pg_has_role(oid, 'MEMBER') AS member FROM pg_catalog.pg_roles WHERE rolname::text = $1",
    [name],
  );
  const [row] = rows;
  return !row ? "missing" : row.member ? "yes" : "no member";
}

/** Who granted a membership. PostgreSQL 16 and later keep one for each grantor, and each is revoked with GRANTED BY. */
export async function grantorsOf(session: Session, granted: string, member: string): Promise<string[]> {
  const { rows } = await session.query<{ grantor: string }>(
    `SELECT g.rolname::text AS grantor FROM pg_catalog.pg_auth_members m
       JOIN pg_catalog.pg_roles o ON o.oid = m.roleid JOIN pg_catalog.pg_roles t ON t.oid = m.member
       JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
      WHERE o.rolname::text = $1 AND t.rolname::text = $2`,
    [granted, member],
  );
  return rows.map(({ grantor }) => grantor);
}

/** What depends on a role in one database; `database` is undefined for shared objects such as tablespaces. */
export interface Dependencies {
  database: string | undefined;
  /** Objects that the role owns there, or has rights on. */
  held: number;
  /** Objects that it owns. */
  owned: number;
  /** Whether the database itself is among them. */
  ownsDatabase: boolean;
  /** Whether this login can connect to it, to revoke there. */
  canConnect: boolean;
}

/** Default privileges that the role set for itself are listed as owned, but they are rights, not data. */
const OWNED = "(s.deptype = 'o' AND s.classid <> 'pg_catalog.pg_default_acl'::regclass)";

/** The databases in which something belongs to the role (`o`) or is granted to it. */
export async function dependencies(session: Session, name: string): Promise<Dependencies[]> {
  const { rows } = await session.query<{
    database: string | null;
    held: string;
    owned: string;
    owns: boolean;
    canconnect: boolean;
  }>(
    `SELECT d.datname::text AS database, count(*) AS held, count(*) FILTER (WHERE ${OWNED}) AS owned,
            coalesce(bool_or(s.deptype = 'o' AND s.classid = 'pg_catalog.pg_database'::regclass), false) AS owns,
            coalesce(bool_and(d.datallowconn AND pg_catalog.has_database_privilege(d.oid, 'CONNECT')), true) AS canconnect
       FROM pg_catalog.pg_shdepend s
       JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid AND s.refclassid = 'pg_catalog.pg_authid'::regclass
       LEFT JOIN pg_catalog.pg_database d
              ON d.oid = CASE WHEN s.classid = 'pg_catalog.pg_database'::regclass THEN s.objid ELSE s.dbid END
      WHERE r.rolname::text = $1
      GROUP BY 1 ORDER BY 1`,
    [name],
  );
  return rows.map(({ database, held, owned, owns, canconnect }) => ({
    database: database ?? undefined,
    held: Number(held),
    owned: Number(owned),
    ownsDatabase: owns,
    canConnect: canconnect,
  }));
}

/**
 * Names of up to `limit` objects of the session's database that the role owns, or also of those on which it has rights: "table
 * sales.orders".
 */
export async function objectsOf(
  session: Session,
  name: string,
  which: "owned" | "all",
  limit: number,
): Promise<string[]> {
  const { rows } = await session.query<{ described: string }>(
    `SELECT pg_catalog.pg_describe_object(s.classid, s.objid, s.objsubid) AS described
       FROM pg_catalog.pg_shdepend s
       JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid AND s.refclassid = 'pg_catalog.pg_authid'::regclass
      WHERE r.rolname::text = $1 AND ($3 OR ${OWNED})
        AND s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
      ORDER BY 1 LIMIT $2`,
    [name, limit, which === "all"],
  );
  return rows.map(({ described }) => described);
}

/** How many sessions of the role are open, by its oid: they outlive the role's name. */
export async function countSessions(session: Session, oid: string): Promise<number> {
  const { rows } = await session.query<{ open: string }>(
    "SELECT count(*) AS open FROM pg_catalog.pg_stat_activity WHERE usesysid::text = $1",
    [oid],
  );
  return Number(rows[0]?.open ?? 0);
}
