import { inTransaction, type Session } from "../postgres/adminSession.ts";
import { identifier } from "../postgres/quoting.ts";
import { CREATOR, PROFILES, RIGHTS } from "./profiles.ts";
import { ofNoExtension } from "./schemaCatalog.ts";

/** What may be granted in a schema, as the configuration says it. */
export interface GrantedRights {
  schema: string;
  /** The roles of the profiles, in the order of {@link PROFILES}. */
  roles: readonly string[];
  /** Grants beside those of the profiles. */
  grants: readonly { role: string; objectType: string; objects?: readonly string[]; privileges: readonly string[] }[];
}

/** A right on one object that was granted or revoked outside Pulumi. */
export interface DriftedRight {
  /** In words: "INSERT, DELETE on table orders.b given to prover". */
  line: string;
  /** Whether it concerns one of the profiles' roles. */
  own: boolean;
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
 * Every difference between the configuration and the access lists of the schema, its tables, views, columns, sequences, functions and
 * procedures, its default privileges, and the profiles' rights on the database. The provider of @pulumi/postgresql sees fewer: it skips views,
 * partitioned tables, and kinds of object on which a role has lost every right.
 *
 * It leaves out owners, administrators and Azure's own roles, whose rights no access list limits, and objects of extensions.
 */
export async function rightsDrift(session: Session, granted: GrantedRights): Promise<DriftedRight[]> {
  await session.query("SET search_path = pg_catalog");
  const { rows } = await session.query<Omit<DriftedRight, "passedOn"> & { passedon: boolean }>(QUERY, [
    granted.schema,
    granted.roles,
    granted.roles[PROFILES.indexOf(CREATOR)] ?? "",
    JSON.stringify(expected(granted)),
  ]);
  return rows.map(({ passedon, ...rest }) => ({ ...rest, passedOn: passedon }));
}

/** Gives back to the profiles' roles what they have lost, and takes from them what they were given. */
export async function restore(session: Session, found: readonly DriftedRight[]): Promise<void> {
  if (found.length > 0) {
    await inTransaction(session, async () => {
      for (const statement of restoring(found)) await session.query(statement);
    });
  }
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

/** Who may have which privileges on which things; `objects` is null for all of the kind. */
function expected({ roles, grants }: GrantedRights) {
  const ofProfiles = PROFILES.flatMap((profile, at) =>
    RIGHTS[profile].map(({ objectType: kind, privileges: words }) => ({
      own: true,
      kind,
      grantee: roles[at],
      words,
      objects: null,
    })),
  );
  const more = grants.map(({ objectType: kind, role: grantee, privileges: words, objects }) => ({
    own: false,
    kind,
    grantee,
    words,
    objects: objects?.map((name) => (kind === "function" ? name.replace(/\(.*$/s, "") : name)) ?? null,
  }));
  return [...ofProfiles, ...more];
}

/** $1 the schema, $2 the profiles' roles, $3 the one that makes things, $4 what is expected. */
const QUERY = `WITH expected AS MATERIALIZED (
    SELECT e.own, e.kind, e.grantee, w.word, e.objects
      FROM jsonb_to_recordset($4::jsonb) AS e (own bool, kind text, grantee text, words text[], objects text[]), unnest(e.words) AS w (word)),
  space AS MATERIALIZED (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname::text = $1),
  classes AS MATERIALIZED (
    SELECT c.oid, CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, relname, relowner, relacl,
        CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS letter, quote_ident(nspname) || '.' || quote_ident(relname) AS named
      FROM pg_class c JOIN space s ON s.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${ofNoExtension("pg_class", "c.oid")}),
  things AS MATERIALIZED (
    SELECT 'schema' AS kind, 'SCHEMA ' || quote_ident(nspname) AS named, '' AS col, '' AS later, nspname::text AS plain, nspowner AS owner,
        coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM space
    UNION ALL SELECT 'database', 'DATABASE ' || quote_ident(datname), '', '', datname, datdba, coalesce(datacl, acldefault('d', datdba))
      FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT kind, upper(kind) || ' ' || named, '', '', relname, relowner, coalesce(relacl, acldefault(letter, relowner)) FROM classes
    UNION ALL SELECT 'table', 'TABLE ' || named, ' (' || quote_ident(attname) || ')', '', relname, relowner, attacl
      FROM classes c JOIN pg_attribute a ON a.attrelid = c.oid WHERE attacl IS NOT NULL AND NOT attisdropped
    UNION ALL SELECT 'function', 'ROUTINE ' || p.oid::regprocedure, '', '', proname, proowner, coalesce(proacl, acldefault('f', proowner))
      FROM pg_proc p JOIN space s ON s.oid = pronamespace WHERE ${ofNoExtension("pg_proc", "p.oid")}
    UNION ALL SELECT k.kind, upper(k.kind) || 'S', '', ' FOR ROLE ' || quote_ident(r.rolname)
          || CASE d.defaclnamespace WHEN 0 THEN '' ELSE ' IN SCHEMA ' || quote_ident(s.nspname) END, '', d.defaclrole, d.defaclacl
      FROM space s, pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole
      JOIN (VALUES ('r', 'table'), ('S', 'sequence'), ('f', 'function')) AS k (letter, kind) ON k.letter = d.defaclobjtype::text
     WHERE d.defaclnamespace = s.oid OR (d.defaclnamespace = 0 AND r.rolname = ANY ($2::text[]))
    -- Where PostgreSQL's own default is left as it is, EXECUTE for everybody, there is no row.
    UNION ALL SELECT 'function', 'FUNCTIONS', '', ' FOR ROLE ' || quote_ident(rolname), '', oid, acldefault('f', oid)
      FROM pg_roles r WHERE rolname::text = $3
        AND NOT EXISTS (SELECT FROM pg_default_acl WHERE defaclrole = r.oid AND defaclobjtype = 'f' AND defaclnamespace = 0)),
  granted AS MATERIALIZED (
    SELECT t.*, a.privilege_type AS word, a.is_grantable AS passes, a.grantor, coalesce(g.rolname::text, 'public') AS grantee,
        coalesce(quote_ident(g.rolname), 'PUBLIC') AS quoted, a.grantee AS grantee_oid,
        -- That not everybody may execute what is made later, is said by the configuration, too.
        coalesce(g.rolname::text = ANY ($2::text[]), t.named = 'FUNCTIONS') AS own
      FROM things t, aclexplode(t.acl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
     WHERE a.grantee <> t.owner
       AND NOT EXISTS (SELECT FROM pg_roles s WHERE s.rolname = 'azure_pg_admin' AND g.oid IS NOT NULL AND pg_has_role(g.oid, s.oid, 'MEMBER'))
       AND (t.kind <> 'database' OR g.rolname::text = ANY ($2::text[]))),
  judged AS MATERIALIZED (
    SELECT g.*, EXISTS (SELECT FROM expected e WHERE e.kind = g.kind AND e.grantee = g.grantee AND e.word = g.word
        AND (e.own OR g.later = '' AND (e.objects IS NULL OR g.plain = ANY (e.objects)))) AS meant FROM granted g),
  given AS (
    SELECT named, later, owner, grantor, quoted, own, string_agg(word || col, ', ' ORDER BY word, col) AS words, bool_or(passes) AS passes,
        bool_and(EXISTS (SELECT FROM granted s WHERE s.named = j.named AND s.later = j.later AND s.grantee_oid = j.grantor AND s.word = j.word
          AND s.passes)) AS cascades
      FROM judged j WHERE NOT meant GROUP BY named, later, owner, grantor, quoted, own),
  passing AS (
    SELECT named, later, owner, grantor, quoted, own, string_agg(word || col, ', ' ORDER BY word, col) AS words
      FROM judged WHERE meant AND passes GROUP BY named, later, owner, grantor, quoted, own),
  lost AS (
    SELECT t.named, t.owner, quote_ident(r.rolname) AS quoted, string_agg(e.word, ', ' ORDER BY e.word) AS words
      FROM things t JOIN expected e ON e.own AND e.kind = t.kind JOIN pg_roles r ON r.rolname::text = e.grantee
     WHERE t.later = '' AND t.col = '' AND r.oid <> t.owner AND NOT EXISTS (
        SELECT FROM granted g WHERE g.named = t.named AND g.col = '' AND g.later = '' AND g.grantee = e.grantee AND g.word = e.word)
     GROUP BY t.named, t.owner, r.rolname),
  found AS (
    SELECT named, words || ' on ' || ${shown()} || ' given to ' || quoted AS line, own, grantor AS by, grantor <> owner AS passed_on,
        CASE WHEN cascades THEN '' ELSE ${before()} || 'REVOKE ' || words || ' ON ' || named || ' FROM ' || quoted
          || CASE WHEN passes AND later = '' THEN ' CASCADE' ELSE '' END END AS statement FROM given
    UNION ALL SELECT named, 'passing on ' || words || ' on ' || ${shown()} || ' given to ' || quoted, own, grantor, grantor <> owner,
        ${before()} || 'REVOKE GRANT OPTION FOR ' || words || ' ON ' || named || ' FROM ' || quoted
          || CASE later WHEN '' THEN ' CASCADE' ELSE '' END FROM passing
    UNION ALL SELECT named, words || ' on ' || ${kindInWords()} || ' taken from ' || quoted, true, owner, false,
        'GRANT ' || words || ' ON ' || named || ' TO ' || quoted FROM lost)
  SELECT line, own, pg_get_userbyid(by)::text AS by, passed_on AS passedon, statement <> '' AND NOT pg_has_role(by, 'USAGE') AS joins, statement
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
