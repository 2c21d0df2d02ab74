import type { Session } from "../postgres/adminSession.ts";
import { identifier } from "../postgres/quoting.ts";
import { ofNoExtension } from "./schemaCatalog.ts";
import type { WantedRight } from "./wantedRights.ts";

/** The rights in a schema that are declared. */
export interface DeclaredRights {
  schema: string;
  /** The roles of the profiles. */
  roles: readonly string[];
  /** The one of them that owns what is made in the schema. */
  creator: string;
  wanted: readonly WantedRight[];
  /** Rights that were declared before and may be revoked. */
  former?: readonly WantedRight[];
}

/** A right on one object, or on those made later, that differs from what is declared. */
export interface DriftedRight {
  /** In words: "INSERT, DELETE on table orders.b given to prover". */
  line: string;
  /** Whether it may be repaired: it concerns a profile's role, or a role that has or had declared rights. */
  own: boolean;
  grantee: string;
  kind: string;
  /** Role that has to run the repair: the object's owner, or the role that passed the right on. */
  by: string;
  /** Whether that is not the owner. */
  passedOn: boolean;
  /** Whether this login has to make itself a member of that role first. */
  joins: boolean;
  /** Statement that repairs it, quoted by PostgreSQL itself; empty where another entry's statement does. */
  statement: string;
}

/**
 * Every difference between what is declared and the access lists of the schema, its tables, views, columns, sequences, functions and
 * procedures, its default privileges, and the declared roles' rights on the database.
 *
 * It leaves out owners, administrators and Azure's own roles, whose rights no access list limits, and objects of extensions.
 */
export async function rightsDrift(session: Session, declared: DeclaredRights): Promise<DriftedRight[]> {
  await session.query("SET search_path = pg_catalog");
  const { rows } = await session.query<Omit<DriftedRight, "passedOn"> & { passedon: boolean }>(QUERY, [
    declared.schema,
    declared.roles,
    declared.creator,
    JSON.stringify(declared.wanted),
    JSON.stringify(declared.former ?? []),
  ]);
  return rows.map(({ passedon, ...rest }) => ({ ...rest, passedOn: passedon }));
}

/** The statements that put it right, for this administrator: an owner, or a member of its role, may grant and revoke. */
export function restoring(found: readonly DriftedRight[]): string[] {
  const joined = [...new Set(found.filter(({ joins }) => joins).map(({ by }) => identifier(by)))];
  return [
    ...joined.map((role) => `GRANT ${role} TO CURRENT_USER`),
    ...found
      .filter(({ statement }) => statement !== "")
      .flatMap(({ passedOn, by, statement }) =>
        passedOn ? [`SET ROLE ${identifier(by)}`, statement, "RESET ROLE"] : [statement],
      ),
    ...joined.map((role) => `REVOKE ${role} FROM CURRENT_USER`),
  ];
}

/** Rows of a list of {@link WantedRight}, one for each privilege. */
function rightsIn(parameter: string): string {
  return `SELECT e.kind, e.grantee, w.word, e.objects, e.grantee = ANY ($2::text[]) AS profile
      FROM jsonb_to_recordset(${parameter}::jsonb) AS e (kind text, grantee text, words text[], objects text[]), unnest(e.words) AS w (word)`;
}

/** Condition: the thing `thing` is one that the right `right` is about. */
function covers(right: string, thing: string): string {
  return `(${right}.objects IS NULL OR ${thing}.plain = ANY (${right}.objects) OR ${thing}.signature = ANY (${right}.objects))`;
}

/** $1 the schema, $2 the profiles' roles, $3 the one that makes things, $4 what is declared, $5 what was declared before. */
const QUERY = `WITH expected AS MATERIALIZED (${rightsIn("$4")}),
  former AS MATERIALIZED (${rightsIn("$5")}),
  space AS MATERIALIZED (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname::text = $1),
  classes AS MATERIALIZED (
    SELECT c.oid, CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, relname, relowner, relacl,
        CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS letter, quote_ident(nspname) || '.' || quote_ident(relname) AS named
      FROM pg_class c JOIN space s ON s.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${ofNoExtension("pg_class", "c.oid")}),
  things AS MATERIALIZED (
    SELECT 'schema' AS kind, 'SCHEMA ' || quote_ident(nspname) AS named, '' AS col, '' AS later, nspname::text AS plain, '' AS signature,
        nspowner AS owner, coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM space
    UNION ALL SELECT 'database', 'DATABASE ' || quote_ident(datname), '', '', datname, '', datdba, coalesce(datacl, acldefault('d', datdba))
      FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT kind, upper(kind) || ' ' || named, '', '', relname, '', relowner, coalesce(relacl, acldefault(letter, relowner)) FROM classes
    UNION ALL SELECT 'table', 'TABLE ' || named, ' (' || quote_ident(attname) || ')', '', relname, '', relowner, attacl
      FROM classes c JOIN pg_attribute a ON a.attrelid = c.oid WHERE attacl IS NOT NULL AND NOT attisdropped
    UNION ALL SELECT 'function', 'ROUTINE ' || p.oid::regprocedure, '', '', proname, proname || '(' || oidvectortypes(proargtypes) || ')',
        proowner, coalesce(proacl, acldefault('f', proowner))
      FROM pg_proc p JOIN space s ON s.oid = pronamespace WHERE ${ofNoExtension("pg_proc", "p.oid")}
    UNION ALL SELECT k.kind, upper(k.kind) || 'S', '', ' FOR ROLE ' || quote_ident(r.rolname)
          || CASE d.defaclnamespace WHEN 0 THEN '' ELSE ' IN SCHEMA ' || quote_ident(s.nspname) END, '', '', d.defaclrole, d.defaclacl
      FROM space s, pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole
      JOIN (VALUES ('r', 'table'), ('S', 'sequence'), ('f', 'function')) AS k (letter, kind) ON k.letter = d.defaclobjtype::text
     WHERE d.defaclnamespace = s.oid OR (d.defaclnamespace = 0 AND r.rolname = ANY ($2::text[]))
    -- Where PostgreSQL's own default is left as it is, EXECUTE for everybody, there is no row.
    UNION ALL SELECT 'function', 'FUNCTIONS', '', ' FOR ROLE ' || quote_ident(rolname), '', '', oid, acldefault('f', oid)
      FROM pg_roles r WHERE rolname::text = $3
        AND NOT EXISTS (SELECT FROM pg_default_acl WHERE defaclrole = r.oid AND defaclobjtype = 'f' AND defaclnamespace = 0)),
  granted AS MATERIALIZED (
    SELECT t.*, a.privilege_type AS word, a.is_grantable AS passes, a.grantor, coalesce(g.rolname::text, 'public') AS grantee,
        coalesce(quote_ident(g.rolname), 'PUBLIC') AS quoted, a.grantee AS grantee_oid
      FROM things t, aclexplode(t.acl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
     WHERE a.grantee <> t.owner
       AND NOT EXISTS (SELECT FROM pg_roles s WHERE s.rolname = 'azure_pg_admin' AND g.oid IS NOT NULL AND pg_has_role(g.oid, s.oid, 'MEMBER'))
       AND (t.kind <> 'database' OR g.rolname::text = ANY ($2::text[]) OR EXISTS (
         SELECT FROM former f WHERE f.kind = 'database' AND f.grantee = coalesce(g.rolname::text, 'public')))),
  compared AS MATERIALIZED (
    SELECT g.*,
        -- That not everybody may execute what is made later, is declared, too.
        g.grantee = ANY ($2::text[]) OR g.named = 'FUNCTIONS' AND g.grantee = 'public' OR EXISTS (
          SELECT FROM former f WHERE f.kind = g.kind AND f.grantee = g.grantee AND f.word = g.word AND ${covers("f", "g")}) AS own,
        EXISTS (SELECT FROM expected e WHERE e.kind = g.kind AND e.grantee = g.grantee AND e.word = g.word
          AND (e.profile OR g.later = '' AND ${covers("e", "g")})) AS meant FROM granted g),
  given AS (
    SELECT named, later, owner, grantor, quoted, grantee, kind, own, string_agg(word || col, ', ' ORDER BY word, col) AS words,
        bool_or(passes) AS passes,
        bool_and(EXISTS (SELECT FROM granted s WHERE s.named = j.named AND s.later = j.later AND s.grantee_oid = j.grantor AND s.word = j.word
          AND s.passes)) AS cascades
      FROM compared j WHERE NOT meant GROUP BY named, later, owner, grantor, quoted, grantee, kind, own),
  passing AS (
    SELECT named, later, owner, grantor, quoted, grantee, kind, own, string_agg(word || col, ', ' ORDER BY word, col) AS words
      FROM compared WHERE meant AND passes GROUP BY named, later, owner, grantor, quoted, grantee, kind, own),
  grantees AS MATERIALIZED (
    SELECT oid, rolname::text AS grantee, quote_ident(rolname) AS quoted FROM pg_roles
    UNION ALL SELECT 0::oid, 'public', 'PUBLIC'),
  lost AS (
    SELECT t.named, t.owner, t.kind, r.grantee, r.quoted, '' AS later, string_agg(e.word, ', ' ORDER BY e.word) AS words
      FROM things t JOIN expected e ON e.kind = t.kind AND ${covers("e", "t")} JOIN grantees r ON r.grantee = e.grantee
     WHERE t.later = '' AND t.col = '' AND r.oid <> t.owner AND NOT EXISTS (
        SELECT FROM granted g WHERE g.named = t.named AND g.col = '' AND g.later = '' AND g.grantee = e.grantee AND g.word = e.word)
       AND NOT (t.kind = 'database' AND EXISTS (
        SELECT FROM aclexplode(t.acl) a WHERE a.grantee = r.oid AND a.privilege_type = e.word))
     GROUP BY t.named, t.owner, t.kind, r.grantee, r.quoted
    UNION ALL SELECT upper(e.kind) || 'S', c.oid, e.kind, r.grantee, r.quoted, c.later, string_agg(e.word, ', ' ORDER BY e.word)
      FROM expected e JOIN grantees r ON r.grantee = e.grantee JOIN (
        SELECT o.oid, ' FOR ROLE ' || quote_ident(o.rolname) || ' IN SCHEMA ' || quote_ident(s.nspname) AS later
          FROM pg_roles o, space s WHERE o.rolname::text = $3) c ON r.oid <> c.oid
     WHERE e.profile AND e.kind IN ('table', 'sequence', 'function') AND NOT EXISTS (
        SELECT FROM granted g WHERE g.named = upper(e.kind) || 'S' AND g.later = c.later AND g.grantee = e.grantee AND g.word = e.word)
     GROUP BY e.kind, c.oid, r.grantee, r.quoted, c.later),
  found AS (
    SELECT named, words || ' on ' || ${shown()} || ' given to ' || quoted AS line, own, grantee, kind, grantor AS by, grantor <> owner AS passed_on,
        CASE WHEN cascades THEN '' ELSE ${before()} || 'REVOKE ' || words || ' ON ' || named || ' FROM ' || quoted
          || CASE WHEN passes AND later = '' THEN ' CASCADE' ELSE '' END END AS statement FROM given
    UNION ALL SELECT named, 'passing on ' || words || ' on ' || ${shown()} || ' given to ' || quoted, own, grantee, kind, grantor, grantor <> owner,
        ${before()} || 'REVOKE GRANT OPTION FOR ' || words || ' ON ' || named || ' FROM ' || quoted
          || CASE later WHEN '' THEN ' CASCADE' ELSE '' END FROM passing
    UNION ALL SELECT named, words || ' on ' || ${shown()} || ' taken from ' || quoted, true, grantee, kind, owner, false,
        ${before()} || 'GRANT ' || words || ' ON ' || named || ' TO ' || quoted FROM lost)
  SELECT line, own, grantee, kind, pg_get_userbyid(by)::text AS by, passed_on AS passedon,
      statement <> '' AND NOT pg_has_role(by, 'USAGE') AS joins, statement
    -- Without USAGE of the schema nobody finds what is in it.
    FROM found ORDER BY own DESC, named !~ '^SCHEMA ', line, statement`;

function kindInWords(): string {
  return "lower(split_part(named, ' ', 1)) || substr(named, strpos(named, ' '))";
}

function shown(): string {
  return `CASE later WHEN '' THEN ${kindInWords()} ELSE lower(named) || ' made later' || later END`;
}

function before(): string {
  return "CASE later WHEN '' THEN '' ELSE 'ALTER DEFAULT PRIVILEGES' || later || ' ' END";
}
