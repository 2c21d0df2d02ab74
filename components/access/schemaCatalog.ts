import type { Session } from "../postgres/adminSession.ts";

/** What would be lost with a schema or its database: how many objects, and the first of them ("table orders.item"). */
export interface Contents {
  count: number;
  first: string[];
}

/**
 * Objects in a schema that a person would miss, and what its roles own outside it: large objects, which lie in no schema, and objects of other
 * schemas.
 */
export async function contentsOf(
  session: Session,
  { schema, roles, limit }: { schema: string; roles: readonly string[]; limit: number },
): Promise<Contents> {
  // What goes with another object, as a table's index and row type do, depends on that one; what stands by itself on the schema alone.
  return await counted(
    session,
    `SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) AS described
       FROM pg_catalog.pg_depend d
       JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_namespace'::regclass
      WHERE n.nspname::text = $1 AND d.deptype = 'n' AND d.classid <> 'pg_catalog.pg_default_acl'::regclass
     UNION
     SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) || ' of ' || pg_catalog.quote_ident(r.rolname)
       FROM pg_catalog.pg_shdepend d
       JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_authid'::regclass
      WHERE r.rolname::text = ANY ($2::text[]) AND d.deptype = 'o'
        AND d.classid NOT IN ('pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_database'::regclass)
        AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_identify_object(d.classid, d.objid, 0) i WHERE i.schema = pg_catalog.quote_ident($1))
        AND NOT (d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname::text = $1))`,
    [schema, roles],
    limit,
  );
}

/** Objects of the database outside a schema; extensions, with what belongs to them, are not counted. */
export async function contentsOutside(session: Session, schema: string, limit: number): Promise<Contents> {
  return await counted(
    session,
    `SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) AS described
       FROM pg_catalog.pg_depend d
       JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_namespace'::regclass
      WHERE n.nspname::text <> $1 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND d.deptype = 'n'
        AND d.classid NOT IN ('pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_extension'::regclass)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')`,
    [schema],
    limit,
  );
}

/** Objects outside a schema that depend on objects in it, and that PostgreSQL would drop with it. */
export async function dependents(session: Session, schema: string, limit: number): Promise<Contents> {
  return await counted(
    session,
    `SELECT DISTINCT pg_catalog.pg_describe_object(o.classid, o.objid, 0) AS described
       FROM pg_catalog.pg_depend d
      CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.refclassid, d.refobjid, 0) within
      CROSS JOIN LATERAL (SELECT CASE WHEN rel IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::regclass END AS classid,
                                 coalesce(rel, d.objid) AS objid FROM (SELECT CASE d.classid
             WHEN 'pg_catalog.pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_catalog.pg_rewrite WHERE oid = d.objid)
             WHEN 'pg_catalog.pg_constraint'::regclass THEN (SELECT nullif(conrelid, 0) FROM pg_catalog.pg_constraint WHERE oid = d.objid)
             WHEN 'pg_catalog.pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_catalog.pg_trigger WHERE oid = d.objid)
             WHEN 'pg_catalog.pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_catalog.pg_attrdef WHERE oid = d.objid)
             WHEN 'pg_catalog.pg_policy'::regclass THEN (SELECT polrelid FROM pg_catalog.pg_policy WHERE oid = d.objid) END AS rel) AS x) o
      CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, 0) beyond
      WHERE within.schema = pg_catalog.quote_ident($1) AND d.deptype = 'n' AND beyond.schema IS DISTINCT FROM within.schema
        AND beyond.schema IS NOT NULL AND beyond.schema !~ '^pg_'`,
    [schema],
    limit,
  );
}

async function counted(session: Session, query: string, values: unknown[], limit: number): Promise<Contents> {
  const { rows } = await session.query<{ described: string; count: string }>(
    `SELECT described, count(*) OVER () AS count FROM (${query}) AS held ORDER BY described LIMIT ${limit}`,
    values,
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
