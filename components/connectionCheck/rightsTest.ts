import { actsAsCreator, isProfile, PROFILES, type Profile } from "../access/profiles.ts";
import { type AskedWords, CAN_BECOME, rightsQuestion } from "../access/rightsQuestion.ts";
import { identifier, literal } from "../postgres/quoting.ts";

/** A right that the connection test tries on the VM as the identity, and the expected outcome. */
export interface Attempt {
  /** What is tried, in the receipt's words. */
  what: string;
  /**
   * `allowed`: every part succeeds. `denied`: PostgreSQL refuses every part for want of the privilege, under each role that the login can
   * become.
   */
  expected: "allowed" | "denied";
  /** Whether the outcome is a row of {@link rightsQuestion} instead of a SQLSTATE. */
  question: boolean;
  /** SQLSTATEs that count as denied. @default 42501 (insufficient privilege) alone */
  deniedBy?: string[];
  /** Commands for psql that print the outcome of each tested statement; see {@link attemptScript}. */
  script: string;
}

/** The application whose rights are tested. */
export interface AccessFacts {
  /** The application's profile. */
  profile: string;
  /** The application's schema. */
  schema: string;
  /** Whether migrators and owners may create schemas. @default false */
  createSchemas?: boolean;
  /** Whether PUBLIC has no right on the database. Elsewhere every role can make temporary tables. @default true */
  isPrivate?: boolean;
  /** Schemas of other applications in the same database. */
  foreignSchemas: readonly string[];
}

type Expected = Attempt["expected"];

/**
 * Everything that the connection test tries for a profile: the profile's rights must exist, and further rights, rights of other applications
 * and rights of administrators must not. It changes no data: rights on existing objects are read from the catalogs, and statements that
 * create something are rolled back. In a database that is no
 * `PrivateDatabase` PUBLIC can connect and create temporary tables.
 *
 * @throws {Error} for an unknown profile
 */
export function attempts(facts: AccessFacts): Attempt[] {
  const { profile, schema, createSchemas = false, isPrivate = true, foreignSchemas } = facts;
  if (!isProfile(profile)) {
    throw new Error(`unknown profile ${JSON.stringify(profile)}; allowed: ${PROFILES.join(", ")}`);
  }
  const may = (needed: Profile): Expected =>
    PROFILES.indexOf(profile) >= PROFILES.indexOf(needed) ? "allowed" : "denied";
  const each = (kind: string, expected: Expected) =>
    expected === "allowed"
      ? { of: `every ${kind} of schema ${schema}`, and: "and" }
      : { of: `any ${kind} of schema ${schema}`, and: "or" };
  const writes = each("table", may("writer"));
  const draws = each("sequence", may("writer"));
  const ours = (what: string, expected: Expected, words: AskedWords) => asked(what, expected, schema, words);
  return [
    ours(`read every table, view and sequence of schema ${schema}, and those made later`, may("reader"), {
      schema: ["USAGE"],
      table: ["SELECT"],
      sequence: ["SELECT"],
    }),
    ours(`execute every function and procedure of schema ${schema}, and those made later`, may("reader"), {
      function: ["EXECUTE"],
    }),
    ours(`write to ${writes.of}, ${writes.and} to those made later`, may("writer"), {
      table: ["INSERT", "UPDATE", "DELETE"],
    }),
    ours(`draw numbers from ${draws.of}, ${draws.and} from those made later`, may("writer"), { sequence: ["USAGE"] }),
    // In a database that is not private, PUBLIC decides about the readers.
    ...(isPrivate || may("writer") === "allowed" ? [tried("make temporary tables", may("writer"), TEMPORARY)] : []),
    // A login that acts as the migrator's role owns the tables.
    ...(actsAsCreator(profile)
      ? []
      : [
          ours(`truncate any table of schema ${schema}, put triggers on it, or set a sequence`, "denied", {
            table: ["TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"],
            sequence: ["UPDATE"],
          }),
        ]),
    tried(`create a table in schema ${schema}`, may("migrator"), createTable(schema)),
    ...(actsAsCreator(profile) ? [tried("act as the migrator's role, which owns what it makes", "allowed", ACTS)] : []),
    tried("create a table in schema public", "denied", createTable("public")),
    tried(
      "create a schema",
      createSchemas && actsAsCreator(profile) ? "allowed" : "denied",
      "CREATE SCHEMA entra_postgres_test",
    ),
    ...foreignSchemas.map((foreign) =>
      asked(`read or write any table of schema ${foreign}`, "denied", foreign, {
        schema: ["USAGE", "CREATE"],
        table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"],
        sequence: ["USAGE", "SELECT", "UPDATE"],
      }),
    ),
    tried("create a role", "denied", "CREATE ROLE entra_postgres_test"),
    // ALTER SYSTEM cannot run in a transaction. A server with `allow_alter_system` off refuses it to everybody with 0A000. The parameter is set nowhere, so the statement changes nothing even for an administrator.
    {
      what: "alter system",
      expected: "denied",
      question: false,
      deniedBy: ["42501", "0A000"],
      script: `${ALTER}\n${SEEN}\nSET ROLE NONE;\n${ALTER}\n${SEEN}\nRESET ROLE;`,
    },
  ];
}

/** Prints the outcome of the previous statement. */
const SEEN = "\\echo attempt :attempt :SQLSTATE";
const TEMPORARY = "CREATE TEMPORARY TABLE entra_postgres_test (n int)";
const ALTER = 'ALTER SYSTEM RESET "entra_postgres.test";';

function asked(what: string, expected: Expected, schema: string, words: AskedWords): Attempt {
  return { what, expected, question: true, script: `${rightsQuestion(schema, expected, words)};\n${SEEN}` };
}

/** One statement, rolled back. It counts as denied only when it is refused to each role that the login can become. */
function tried(what: string, expected: Expected, sql: string): Attempt {
  const statement = expected === "denied" ? asEveryRole(sql) : sql;
  return { what, expected, question: false, script: `BEGIN;\n${statement};\n${SEEN}\nROLLBACK;` };
}

function asEveryRole(sql: string): string {
  return block(`DECLARE who name; BEGIN
  FOR who IN SELECT rolname FROM pg_roles WHERE ${CAN_BECOME} LOOP
    BEGIN EXECUTE format('SET LOCAL ROLE %I', who); EXECUTE ${literal(sql)}; RETURN; EXCEPTION WHEN insufficient_privilege THEN NULL; END;
  END LOOP;
  RAISE insufficient_privilege;
END`);
}

function createTable(schema: string): string {
  const table = `${identifier(schema)}.entra_postgres_test`;
  return block(`BEGIN CREATE TABLE ${table} (n int); INSERT INTO ${table} VALUES (1); PERFORM n FROM ${table}; END`);
}

const ACTS = block(
  "BEGIN IF current_user = session_user THEN RAISE EXCEPTION 'the session acts as itself'; END IF; END",
);

/** A block of statements as one statement. */
function block(body: string): string {
  return `DO ${literal(body)}`;
}

/** The attempts as a script for psql. It prints `attempt <number> <SQLSTATE>` after each statement, and before that the row of a question. */
export function attemptScript(list: readonly Attempt[]): string {
  const scripts = list.map(({ script }, index) => `\\set attempt ${index}\n${script}`);
  return ["SET search_path = pg_catalog;", ...scripts].join("\n");
}
