import type { Session } from "../postgres/adminSession.ts";

/** Whose something is, and whether this login may do what only its owner may. */
export interface Owner {
  owner: string;
  actsAsOwner: boolean;
}

/** Owner of the session's database. */
export async function findDatabase(session: Session): Promise<Owner> {
  const { rows } = await session.query<{ owner: string; actsasowner: boolean }>(
    `SELECT pg_catalog.pg_get_userbyid(datdba)::text AS owner, pg_catalog.pg_has_role(datdba, 'USAGE') AS actsasowner
       FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  );
  const [row] = rows;
  return { owner: row?.owner ?? "", actsAsOwner: row?.actsasowner === true };
}

/** Owner of a schema of the session's database; undefined where there is none. */
export async function schemaOwner(session: Session, schema: string): Promise<Owner | undefined> {
  const { rows } = await session.query<{ owner: string; actsasowner: boolean }>(
    `SELECT pg_catalog.pg_get_userbyid(nspowner)::text AS owner, pg_catalog.pg_has_role(nspowner, 'USAGE') AS actsasowner
       FROM pg_catalog.pg_namespace WHERE nspname::text = $1`,
    [schema],
  );
  const [row] = rows;
  return row && { owner: row.owner, actsAsOwner: row.actsasowner };
}

/**
 * How many objects a schema holds that a person would miss, with the large objects of its roles, which lie in no schema; and the first of
 * them: "table orders.item".
 */
export async function contentsOf(
  session: Session,
  { schema, roles, limit }: { schema: string; roles: readonly string[]; limit: number },
): Promise<{ count: number; first: string[] }> {
  // What goes with another object, as a table's index and row type do, depends on that one; what stands by itself on the schema alone.
  const { rows } = await session.query<{ described: string; count: string }>(
    `SELECT described, count(*) OVER () AS count FROM (
       SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) AS described
         FROM pg_catalog.pg_depend d
         JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_namespace'::regclass
        WHERE n.nspname::text = $1 AND d.deptype = 'n' AND d.classid <> 'pg_catalog.pg_default_acl'::regclass
       UNION ALL
       SELECT pg_catalog.pg_describe_object('pg_catalog.pg_largeobject'::regclass, l.oid, 0) || ' of ' || pg_catalog.quote_ident(r.rolname)
         FROM pg_catalog.pg_largeobject_metadata l JOIN pg_catalog.pg_roles r ON r.oid = l.lomowner
        WHERE r.rolname::text = ANY ($2::text[])) AS held
      ORDER BY described LIMIT $3`,
    [schema, roles, limit],
  );
  return { count: Number(rows[0]?.count ?? 0), first: rows.map(({ described }) => described) };
}

/**
 * Condition of a query: the thing belongs to no extension. Who has rights on what an extension made is for its author to decide, and it may
 * belong to the service.
 * @param catalog that the thing is in
 * @param oid column of the query with the thing's oid
 */
export function ofNoExtension(catalog: "pg_class" | "pg_proc", oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalog}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;
}
