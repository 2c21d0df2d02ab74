import { literal } from "../postgres/quoting.ts";
import { ofNoExtension } from "./schemaCatalog.ts";

/** Kinds of things in a schema that are asked about, and the schema itself. `table` includes views, `function` procedures. */
export type AskedKind = "schema" | "table" | "sequence" | "function";

/** Privileges by the kind of thing, in PostgreSQL's words. */
export type AskedWords = Partial<Record<AskedKind, readonly string[]>>;

/** Things whose deviation is named; the rest is counted. */
const NAMED = 5;

/** Of a row of pg_roles: whether the login can become that role by SET ROLE, as it can become itself. */
export const CAN_BECOME = `pg_has_role(session_user, oid, CASE WHEN ${version()} >= 160000 THEN 'SET' ELSE 'MEMBER' END)`;
/** As which roles PostgreSQL is asked. */
const WHO = { allowed: "rolname = current_user", denied: CAN_BECOME };

/** Kinds of which more are made later, by their letter in pg_default_acl. */
const LATER = "CASE w.kind WHEN 'table' THEN 'r' WHEN 'sequence' THEN 'S' WHEN 'function' THEN 'f' END";

/**
 * A query that asks PostgreSQL, as the login, about each of the privileges on each thing of the schema, and on what is made there later:
 * by the checks that statements go through. Trying the statements would run the functions of views, advance sequences, which no rollback
 * undoes, and wait for the locks of migrations. Objects of extensions are left out.
 *
 * `allowed` holds where every one of them is there as the session comes; `denied` where none is there, not on one column, not as any role
 * that the login can become. The one row that comes back is JSON: how many were `asked`, the `count` of things where it is otherwise,
 * and the `first` of these with the privileges: "INSERT, DELETE on table b". The search path has to be pg_catalog.
 */
export function rightsQuestion(schema: string, expected: "allowed" | "denied", words: AskedWords): string {
  const listed = Object.entries(words).flatMap(([kind, list]) => list.map((word) => [kind, word] as const));
  const rows = listed.map(([kind, word], place) => `(${literal(kind)}, ${literal(word)}, ${place})`);
  const onColumns =
    expected === "denied"
      ? "WHEN t.kind = 'table' AND w.word IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN has_any_column_privilege(r.oid, t.oid, w.word)"
      : "";
  return `WITH words AS MATERIALIZED (
    SELECT kind, word, place FROM (VALUES ${rows.join(", ")}) AS v (kind, word, place) WHERE word <> 'MAINTAIN' OR ${version()} >= 170000),
  space AS MATERIALIZED (SELECT oid, nspname FROM pg_namespace WHERE nspname::text = ${literal(schema)}),
  who AS MATERIALIZED (SELECT oid FROM pg_roles WHERE ${WHO[expected]}),
  things AS MATERIALIZED (
    SELECT 'schema' AS kind, oid, 'schema ' || quote_ident(nspname) AS name FROM space
    UNION ALL SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, c.oid,
        CASE WHEN relkind = 'S' THEN 'sequence ' WHEN relkind IN ('v', 'm') THEN 'view ' ELSE 'table ' END || quote_ident(relname)
      FROM pg_class c JOIN space s ON s.oid = relnamespace
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${ofNoExtension("pg_class", "c.oid")}
    UNION ALL SELECT 'function', p.oid, 'function ' || quote_ident(proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'
      FROM pg_proc p JOIN space s ON s.oid = pronamespace WHERE ${ofNoExtension("pg_proc", "p.oid")}),
  asked AS MATERIALIZED (
    SELECT t.name, w.word, w.place, bool_or(CASE ${onColumns}
        WHEN t.kind = 'table' THEN has_table_privilege(r.oid, t.oid, w.word)
        WHEN t.kind = 'sequence' THEN has_sequence_privilege(r.oid, t.oid, w.word)
        WHEN t.kind = 'function' THEN has_function_privilege(r.oid, t.oid, w.word)
        ELSE has_schema_privilege(r.oid, t.oid, w.word) END) AS may
      FROM things t JOIN words w ON w.kind = t.kind CROSS JOIN who r GROUP BY t.oid, t.name, w.word, w.place
    UNION ALL SELECT w.kind || 's made later', w.word, w.place, EXISTS (
        SELECT FROM pg_default_acl d, aclexplode(d.defaclacl) a
         WHERE d.defaclobjtype = ${LATER} AND d.defaclnamespace IN (s.oid, 0) AND has_schema_privilege(d.defaclrole, s.oid, 'CREATE')
           AND a.grantee <> d.defaclrole AND a.privilege_type = w.word
           AND (a.grantee = 0 OR EXISTS (SELECT FROM who r WHERE pg_has_role(r.oid, a.grantee, 'USAGE'))))
      FROM words w CROSS JOIN space s WHERE w.kind <> 'schema'),
  otherwise AS MATERIALIZED (
    SELECT string_agg(word, ', ' ORDER BY place) || ' on ' || name AS line FROM asked WHERE may = ${expected === "denied"} GROUP BY name)
  SELECT json_build_object('asked', (SELECT count(*) FROM asked), 'count', (SELECT count(*) FROM otherwise), 'first',
    (SELECT json_agg(line) FROM (SELECT line FROM otherwise ORDER BY line LIMIT ${NAMED}) AS few))`;
}

function version(): string {
  return "current_setting('server_version_num')::int";
}
