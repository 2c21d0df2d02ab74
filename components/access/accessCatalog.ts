import type { Session } from "../postgres/adminSession.ts";
import { isGrantorRole } from "../postgres/grantorRole.ts";
import { type OwnerMark, readMark } from "../postgres/ownerMark.ts";
import type { Remembered } from "./accessInputs.ts";

/** A role without login, as the server has it. */
export interface GroupRole {
  oid: string;
  name: string;
  comment: string;
  /** Whether it can log in or create roles or databases. */
  privileged: boolean;
  memberOf: string[];
  /** Members that are neither administrators nor grantor roles, and whose owner mark does not declare the membership. */
  strangers: string[];
}

/** Roles by their names or oids. */
export async function findGroupRoles(
  session: Session,
  names: readonly string[],
  oids: readonly string[],
): Promise<GroupRole[]> {
  const { rows } = await session.query<{
    oid: string;
    name: string;
    comment: string;
    privileged: boolean;
    memberof: string[];
    members: { name: string; comment: string | null }[];
  }>(
    `SELECT r.oid::text, r.rolname::text AS name, coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid'), '') AS comment,
            r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb AS privileged,
            array(SELECT DISTINCT o.rolname::text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles o ON o.oid = m.roleid
                   WHERE m.member = r.oid ORDER BY 1) AS memberof,
            (SELECT coalesce(pg_catalog.jsonb_agg(DISTINCT pg_catalog.jsonb_build_object(
                      'name', o.rolname, 'comment', pg_catalog.shobj_description(o.oid, 'pg_authid'))), '[]')
               FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles o ON o.oid = m.member
              WHERE m.roleid = r.oid AND NOT ${isGrantorRole("o.rolname")} AND ${NO_ADMINISTRATOR}) AS members
       FROM pg_catalog.pg_roles r WHERE r.rolname::text = ANY ($1::text[]) OR r.oid::text = ANY ($2::text[])`,
    [names, oids],
  );
  return rows.map(({ memberof, members, ...rest }) => ({
    ...rest,
    memberOf: memberof,
    strangers: members
      .filter(({ comment }) => !readMark(comment ?? "")?.memberOf?.includes(rest.name))
      .map(({ name }) => name)
      .sort(),
  }));
}

const NO_ADMINISTRATOR = `o.rolname <> 'azure_pg_admin' AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_roles a WHERE a.rolname = 'azure_pg_admin' AND pg_catalog.pg_has_role(o.oid, a.oid, 'MEMBER'))`;

/** A schema of the session's database. */
export interface SchemaFacts {
  oid: string;
  name: string;
  owner: string;
  comment: string;
  /** Whether this login may do what only the owner may. */
  actsAsOwner: boolean;
}

/** The schemas of this name or oid: at most one of each. */
export async function findSchemas(session: Session, name: string, oid: string | undefined): Promise<SchemaFacts[]> {
  const { rows } = await session.query<Omit<SchemaFacts, "actsAsOwner"> & { actsasowner: boolean }>(
    `SELECT oid::text, nspname::text AS name, pg_catalog.pg_get_userbyid(nspowner)::text AS owner,
            coalesce(pg_catalog.obj_description(oid, 'pg_namespace'), '') AS comment, pg_catalog.pg_has_role(nspowner, 'USAGE') AS actsasowner
       FROM pg_catalog.pg_namespace WHERE nspname::text = $1 OR oid::text = $2`,
    [name, oid ?? ""],
  );
  return rows.map(({ actsasowner, ...rest }) => ({ ...rest, actsAsOwner: actsasowner }));
}

/** Whose a role or schema is, as its owner mark says. */
export function markedBy(
  comment: string,
  owner: string,
  { instance }: Pick<Remembered, "instance">,
): { by: "nobody" | "this" | "other"; mark?: OwnerMark } {
  const mark = readMark(comment);
  if (!mark) return { by: "nobody" };
  return { by: mark.owner === owner || mark.instance === instance ? "this" : "other", mark };
}
