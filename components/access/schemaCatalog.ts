import type { Session } from "../principal/adminSession.ts";

/** Whose the session's database is, whether this login may grant and revoke as its owner, and whether it may create a schema in it. */
export async function findDatabase(
  session: Session,
): Promise<{ owner: string; actsAsOwner: boolean; mayCreate: boolean }> {
  const { rows } = await session.query<{ owner: string; actsasowner: boolean; maycreate: boolean }>(
    `SELECT pg_catalog.pg_get_userbyid(datdba)::text AS owner,
            pg_catalog.pg_has_role(datdba, 'USAGE') AS actsasowner,
            pg_catalog.has_database_privilege(oid, 'CREATE') AS maycreate
       FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  );
  const [row] = rows;
  return { owner: row?.owner ?? "", actsAsOwner: row?.actsasowner === true, mayCreate: row?.maycreate === true };
}

/** Owner of a schema of the session's database; undefined where there is none. */
export async function schemaOwner(session: Session, schema: string): Promise<string | undefined> {
  const { rows } = await session.query<{ owner: string }>(
    "SELECT pg_catalog.pg_get_userbyid(nspowner)::text AS owner FROM pg_catalog.pg_namespace WHERE nspname::text = $1",
    [schema],
  );
  return rows[0]?.owner;
}

/** How many objects a schema holds that a person would miss, and the first of them: "table orders.item". */
export async function contentsOf(
  session: Session,
  schema: string,
  limit: number,
): Promise<{ count: number; first: string[] }> {
  // What goes with another object, as a table's index and row type do, depends on that one; what stands by itself on the schema alone.
  const { rows } = await session.query<{ described: string; count: string }>(
    `SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) AS described, count(*) OVER () AS count
       FROM pg_catalog.pg_depend d
       JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_namespace'::regclass
      WHERE n.nspname::text = $1 AND d.deptype = 'n' AND d.classid <> 'pg_catalog.pg_default_acl'::regclass
      ORDER BY 1 LIMIT $2`,
    [schema, limit],
  );
  return { count: Number(rows[0]?.count ?? 0), first: rows.map(({ described }) => described) };
}
