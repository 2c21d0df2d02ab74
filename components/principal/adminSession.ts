import { checkServerIdentity } from "node:tls";
import { Client } from "pg";
import { connectionProblem } from "./connectionProblem.ts";
import { databaseToken } from "./credential.ts";

/** Where the Entra administrator logs in. */
export interface AdminEndpoint {
  /** DNS name of the server, as its certificate names it. */
  host: string;
  port: number;
  /** The database that holds the `pgaadauth_*` functions: `postgres`. */
  database: string;
  /** The administrator's role: a user's principal name, a group's or service's display name. */
  adminUser: string;
  /** PEM of the certificate authority to trust; without it, those that Node.js trusts, which include Azure's. */
  caCert?: string | undefined;
}

/** What the role's lifecycle needs of a connection. */
export interface Session {
  query<Row extends Record<string, unknown> = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<{ rows: Row[] }>;
}

/** Seconds: the `pg` default is to wait without end, and a firewall that drops packets gives no answer. */
const CONNECT_TIMEOUT = 15;
const STATEMENT_TIMEOUT = 60;
const LOCK_TIMEOUT = 20;

/**
 * Logs in as the Entra administrator over verified TLS with a fresh token, runs `work` and closes the connection.
 *
 * @throws {Explained} when the server cannot be reached, its certificate cannot be verified, or it refuses the token;
 *   each says so in its own words. Errors of `work` pass unchanged.
 */
export async function withAdminSession<T>(endpoint: AdminEndpoint, work: (session: Session) => Promise<T>): Promise<T> {
  const client = new Client({
    host: endpoint.host,
    port: endpoint.port,
    database: endpoint.database,
    user: endpoint.adminUser,
    password: () => databaseToken(),
    ssl: {
      rejectUnauthorized: true,
      // Named here because `pg` gives TLS no host name when the host is an address.
      checkServerIdentity: (_name, certificate) => checkServerIdentity(endpoint.host, certificate),
      ...(endpoint.caCert ? { ca: endpoint.caCert } : {}),
    },
    connectionTimeoutMillis: CONNECT_TIMEOUT * 1000,
    statement_timeout: STATEMENT_TIMEOUT * 1000,
    lock_timeout: LOCK_TIMEOUT * 1000,
    query_timeout: (STATEMENT_TIMEOUT + 5) * 1000,
    application_name: "entra-postgres",
  });
  // A connection that dies between two statements emits this; the next statement reports it.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw connectionProblem(endpoint, error);
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Runs `work` in one transaction: all of it or nothing. */
export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query("BEGIN");
  try {
    const result = await work();
    await session.query("COMMIT");
    return result;
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
