import { actsAsCreator, isProfile, PROFILES, type Profile } from "./access/profiles.ts";
import { identifier, literal } from "./principal/quoting.ts";

/** Something that the proof tries on the VM as the identity, and what must come of it. */
export interface Attempt {
  /** What is tried, as the receipt says it. */
  what: string;
  /** `allowed`, or `denied`: refused by PostgreSQL for want of a right (SQLSTATE 42501) and for no other reason. */
  expected: "allowed" | "denied";
  /** One statement. It is rolled back, so it changes nothing. */
  sql: string;
  /** The statement cannot be in a transaction; it has to be one that changes nothing even where it is allowed. */
  alone?: boolean;
}

/** What the proof is to show of an application's rights. */
export interface AccessFacts {
  /** The application's profile. */
  profile: string;
  /** The application's schema. */
  schema: string;
  /** Schemas of other applications in the same database. */
  foreignSchemas: readonly string[];
}

/**
 * Everything that the proof tries for a profile: that the profile's rights are there, and that those beyond it, of other applications
 * and of administrators are not.
 *
 * @throws {Error} for a word that is no profile
 */
export function attempts({ profile, schema, foreignSchemas }: AccessFacts): Attempt[] {
  if (!isProfile(profile)) {
    throw new Error(`${JSON.stringify(profile)} is no profile; allowed: ${PROFILES.join(", ")}`);
  }
  const may = (needed: Profile) => (PROFILES.indexOf(profile) >= PROFILES.indexOf(needed) ? "allowed" : "denied");
  const of = `schema ${schema}`;
  return [
    { what: `read every table of ${of}`, expected: may("reader"), sql: onEveryTable(schema, "SELECT FROM %s LIMIT 1") },
    { what: `write to every table of ${of}`, expected: may("writer"), sql: onEveryTable(schema, WRITING) },
    { what: `read tables that are made later in ${of}`, expected: may("reader"), sql: later(schema, "SELECT") },
    { what: `write to tables that are made later in ${of}`, expected: may("writer"), sql: later(schema, "INSERT") },
    { what: `create a table in ${of}`, expected: may("migrator"), sql: createTable(schema) },
    ...(actsAsCreator(profile)
      ? [{ what: "act as the migrator's role, which owns what it makes", expected: "allowed", sql: ACTS } as const]
      : []),
    { what: "create a table in schema public", expected: "denied", sql: createTable("public") },
    { what: "create a schema", expected: "denied", sql: "CREATE SCHEMA entra_postgres_proof" },
    ...foreignSchemas.map(
      (foreign): Attempt => ({
        what: `read a table of schema ${foreign}`,
        expected: "denied",
        sql: `SELECT FROM ${identifier(foreign)}.entra_postgres_proof`,
      }),
    ),
    { what: "create a role", expected: "denied", sql: "CREATE ROLE entra_postgres_proof" },
    // Resets what nobody has set, so even an administrator changes nothing by it.
    { what: "alter system", expected: "denied", sql: 'ALTER SYSTEM RESET "entra_postgres.proof"', alone: true },
  ];
}

/** EXPLAIN checks the rights and touches no row. */
const WRITING = ["EXPLAIN INSERT INTO %s DEFAULT VALUES", "EXPLAIN DELETE FROM %s"].join(";");

/** Tries statements on each table of a schema; one that is refused ends it. Nobody may use a schema without USAGE, tables or none. */
function onEveryTable(schema: string, statements: string): string {
  const list = statements.split(";").map((statement) => `EXECUTE pg_catalog.format(${literal(statement)}, found);`);
  return block(`DECLARE found text; none bool := true; BEGIN
  IF NOT pg_catalog.has_schema_privilege(current_user, ${literal(schema)}, 'USAGE') THEN
    RAISE insufficient_privilege;
  END IF;
  FOR found IN SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname::text = ${literal(schema)} AND c.relkind IN ('r', 'p')
  LOOP none := false; ${list.join(" ")} END LOOP;
  IF none AND NOT (${defaultPrivilege(schema, statements.startsWith("SELECT") ? "SELECT" : "INSERT")}) THEN
    RAISE insufficient_privilege;
  END IF;
END`);
}

/** Whether the login will have a privilege on the tables that are made later: by its own profile or one that it includes. */
function later(schema: string, privilege: string): string {
  return block(`BEGIN IF NOT (${defaultPrivilege(schema, privilege)}) THEN RAISE insufficient_privilege; END IF; END`);
}

function defaultPrivilege(schema: string, privilege: string): string {
  return `EXISTS (SELECT FROM pg_catalog.pg_default_acl d
      JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace, pg_catalog.aclexplode(d.defaclacl) a
     WHERE n.nspname::text = ${literal(schema)} AND d.defaclobjtype = 'r' AND a.privilege_type = ${literal(privilege)}
       AND pg_catalog.pg_has_role(a.grantee, 'USAGE'))`;
}

function createTable(schema: string): string {
  const table = `${identifier(schema)}.entra_postgres_proof`;
  return block(`BEGIN CREATE TABLE ${table} (n int); INSERT INTO ${table} VALUES (1); PERFORM n FROM ${table}; END`);
}

const ACTS = block(
  "BEGIN IF current_user = session_user THEN RAISE EXCEPTION 'the session acts as itself'; END IF; END",
);

/** A block of statements as one; it is quoted as any other text. */
function block(body: string): string {
  return `DO ${literal(body)}`;
}

/** The attempts as a script for psql: after each one the line `attempt <number> <SQLSTATE>`. */
export function attemptScript(list: readonly Attempt[]): string {
  return list
    .map(({ sql, alone }, index) => {
      const seen = `\\echo attempt ${index} :SQLSTATE`;
      return alone ? `${sql};\n${seen}` : `BEGIN;\n${sql};\n${seen}\nROLLBACK;`;
    })
    .join("\n");
}
