import { accessToken, databaseScope } from "entra-postgres/azure-login";
import pg from "pg";
import { type Facts, withFacts } from "../facts.ts";
import type { Questions } from "../probe.ts";

/** Milliseconds that a connection, and each statement, may take. */
const TIMEOUT = 60_000;

/** Asks by SQL as the administrator. Leaves nothing, because the transaction is rolled back. */
export async function askSql(question: Questions["sql"], facts: Facts, signal: AbortSignal): Promise<string> {
  const { statements, database = "postgres", outsideTransaction = false } = question;
  const client = await connect(facts, { database: withFacts(database, facts), signal });
  try {
    if (!outsideTransaction) await client.query("BEGIN");
    let rows: unknown[][] = [];
    for (const statement of [statements].flat()) {
      ({ rows } = await client.query({ text: quoted(statement, facts), rowMode: "array" }));
    }
    return rows.map((row) => row.map((value) => (value === null ? "" : String(value))).join("|")).join("\n");
  } catch (error) {
    return errorText(error);
  } finally {
    // The end of the session rolls the transaction back.
    await client.end().catch(() => {});
  }
}

/** Logs in as the administrator, with what the question changes. */
export async function askLogin(question: Questions["login"], facts: Facts, signal: AbortSignal): Promise<string> {
  const { user = "{admin}", database = "postgres", audience, tls } = question;
  try {
    const changed = { user: withFacts(user, facts), database: withFacts(database, facts), audience, tls, signal };
    await (await connect(facts, changed)).end();
    return "logged in";
  } catch (error) {
    return errorText(error);
  }
}

interface Login {
  user?: string;
  database: string;
  audience?: string | undefined;
  tls?: boolean | undefined;
  signal: AbortSignal;
}

async function connect(facts: Facts, { user = facts.admin, database, audience, tls = true, signal }: Login) {
  const { host, port, caCert: ca } = facts;
  const password = await accessToken(audience === undefined ? databaseScope() : `${audience}/.default`, signal);
  const client = new pg.Client({
    ...{ host, user, database, password, port: Number(port) },
    ssl: tls && { rejectUnauthorized: true, servername: host, ...(ca ? { ca } : {}) },
    connectionTimeoutMillis: TIMEOUT,
    query_timeout: TIMEOUT,
    application_name: "entra-postgres probe",
    // `pg` would take these of the shell.
    options: "-c lock_timeout=10s",
    sslnegotiation: "postgres",
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** A refusal of the server is an answer; anything else is not. */
export function errorText(error: unknown): string {
  if (error instanceof pg.DatabaseError) return `ERROR ${error.code}: ${error.message}`;
  throw error;
}

/** The facts as literals and identifiers. */
function quoted(statement: string, facts: Facts): string {
  return statement
    .replace(/'(\{\w+\}\w*)'/g, (_, fact: string) => pg.escapeLiteral(withFacts(fact, facts)))
    .replace(/"(\{\w+\}\w*)"/g, (_, fact: string) => pg.escapeIdentifier(withFacts(fact, facts)));
}
