import { actsAsCreator, isProfile, PROFILES, type Profile } from "../access/profiles.ts";
import { type AskedWords, CAN_BECOME, rightsQuestion } from "../access/rightsQuestion.ts";
import { identifier, literal } from "../postgres/quoting.ts";

/** Something that the proof tries on the VM as the identity, and what must come of it. */
export interface Attempt {
  /** What is tried, as the receipt says it. */
  what: string;
  /**
   * `allowed`: all of it. `denied`: none of it, and each refused by PostgreSQL for want of a right (SQLSTATE 42501) and for no other
   * reason, whichever role the login makes itself.
   */
  expected: "allowed" | "denied";
  /** The answer is a row of {@link rightsQuestion}, in place of a SQLSTATE. */
  question: boolean;
  /** For psql; it prints what came of each statement that counts, see {@link attemptScript}. */
  script: string;
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

type Expected = Attempt["expected"];

/**
 * Everything that the proof tries for a profile: that the profile's rights are there, and that those beyond it, of other applications
 * and of administrators are not. It changes no data: rights on what is in a schema are asked for, one by one; what is tried makes
 * something new and is rolled back. Nobody else may be let into the database by PUBLIC, as `PrivateDatabase` sees to.
 *
 * @throws {Error} for a word that is no profile
 */
export function attempts({ profile, schema, foreignSchemas }: AccessFacts): Attempt[] {
  if (!isProfile(profile)) {
    throw new Error(`${JSON.stringify(profile)} is no profile; allowed: ${PROFILES.join(", ")}`);
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
    tried("make temporary tables", may("writer"), "CREATE TEMPORARY TABLE entra_postgres_proof (n int)"),
    // Who acts as the migrator's role owns the tables.
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
    tried("create a schema", "denied", "CREATE SCHEMA entra_postgres_proof"),
    ...foreignSchemas.map((foreign) =>
      asked(`read or write any table of schema ${foreign}`, "denied", foreign, {
        schema: ["USAGE", "CREATE"],
        table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"],
        sequence: ["USAGE", "SELECT", "UPDATE"],
      }),
    ),
    tried("create a role", "denied", "CREATE ROLE entra_postgres_proof"),
    // It cannot be in a transaction. It resets what nobody has set, so even an administrator changes nothing by it.
    {
      what: "alter system",
      expected: "denied",
      question: false,
      script: `${ALTER}\n${SEEN}\nSET ROLE NONE;\n${ALTER}\n${SEEN}\nRESET ROLE;`,
    },
  ];
}

/** What came of the statement before. */
const SEEN = "\\echo attempt :attempt :SQLSTATE";
const ALTER = 'ALTER SYSTEM RESET "entra_postgres.proof";';

function asked(what: string, expected: Expected, schema: string, words: AskedWords): Attempt {
  return { what, expected, question: true, script: `${rightsQuestion(schema, expected, words)};\n${SEEN}` };
}

/** One statement, rolled back. What must be denied is so only when it is refused to each role that the login can become. */
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

/** The attempts as a script for psql: after each statement the line `attempt <number> <SQLSTATE>`, before it the row of a question. */
export function attemptScript(list: readonly Attempt[]): string {
  const scripts = list.map(({ script }, index) => `\\set attempt ${index}\n${script}`);
  return ["SET search_path = pg_catalog;", ...scripts].join("\n");
}
