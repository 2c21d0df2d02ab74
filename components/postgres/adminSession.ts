import { Socket } from "node:net";
import { checkServerIdentity } from "node:tls";
import { Client } from "pg";
import { databaseToken } from "../azure/credential.ts";
import { type TokenClaims, tokenClaims } from "../azure/tokenClaims.ts";
import { UserError } from "../errors/userError.ts";
import { type Administrator, requireLogin } from "./administrator.ts";
import type { Deadline } from "./deadline.ts";
import { Failure, type Stage } from "./failure.ts";

/** Where the Entra administrator logs in. */
export interface AdminEndpoint {
  /** DNS name of the server, as its certificate names it. */
  host: string;
  port: number;
  /** The database that holds the `pgaadauth_*` functions: `postgres`. */
  database: string;
  /** The administrator's role: a user's principal name, a group's or service's display name. */
  adminUser: string;
  /** The server's administrators, to compare the login with before anything is sent; without them the server decides. */
  administrators?: Administrator[] | undefined;
  /** PEM of the certificate authority to trust; without it, those that Node.js trusts, which include Azure's. */
  caCert?: string | undefined;
}

/** What the role's lifecycle needs of a connection. */
export interface Session {
  /** @throws {Failure} */
  query<Row extends Record<string, unknown> = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<{ rows: Row[] }>;
}

/** Seconds: the metadata service may answer 410 for 70 s while it is updated, which the Azure SDK waits for. */
const TOKEN_TIMEOUT = 100;
/** Seconds: the `pg` default is to wait without end, and a firewall that drops packets gives no answer. */
const CONNECT_TIMEOUT = 15;
const STATEMENT_TIMEOUT = 60;
const LOCK_TIMEOUT = 10;
/** Seconds in which a connection may close; then it is cut. */
const FAREWELL = 1;

/**
 * Logs in as the Entra administrator over verified TLS with a fresh token, runs `work` and closes the connection, at the latest
 * when the deadline is over.
 *
 * @throws {Failure} what the network, the server or a statement said.
 * @throws {UserError} when Node.js is told not to verify certificates, or the login is not an administrator of the server.
 */
export async function withAdminSession<T>(
  endpoint: AdminEndpoint,
  deadline: Deadline,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  // Before the connection: a metadata service may take longer than a server waits.
  const token = await databaseToken(AbortSignal.timeout(deadline.atMost(TOKEN_TIMEOUT)));
  const claims = claimsOf(token);
  const at = `${endpoint.host}:${endpoint.port}/${endpoint.database}`;
  const user = claims ? requireLogin(claims, endpoint, at) : endpoint.adminUser;
  let stage: Stage = "opening the connection";
  const socket = new Socket();
  socket.once("connect", () => {
    stage = "agreeing on TLS";
  });
  const client = new Client({
    host: endpoint.host,
    port: endpoint.port,
    database: endpoint.database,
    user,
    stream: () => socket,
    password: () => {
      stage = "having the token checked";
      return token;
    },
    ssl: {
      rejectUnauthorized: true,
      // Named here because `pg` gives TLS no host name when the host is an address.
      checkServerIdentity: (_name, certificate) => {
        stage = "waiting for the server to ask for the token";
        return checkServerIdentity(endpoint.host, certificate);
      },
      ...(endpoint.caCert ? { ca: endpoint.caCert } : {}),
    },
    connectionTimeoutMillis: deadline.atMost(CONNECT_TIMEOUT),
    statement_timeout: deadline.atMost(STATEMENT_TIMEOUT),
    // Well before the deadline, so that the error names the lock.
    lock_timeout: Math.min(LOCK_TIMEOUT * 1000, Math.ceil(deadline.left / 3)) || 1,
    query_timeout: deadline.atMost(STATEMENT_TIMEOUT + 5),
    application_name: "entra-postgres",
    // Else `pg` would take these of the deployer's shell: PGOPTIONS, PGSSLNEGOTIATION, PGCLIENT_ENCODING, PGREPLICATION.
    options: "-c application_name=entra-postgres",
    sslnegotiation: "postgres",
    ...{ client_encoding: "UTF8", replication: "false" },
  });
  // A connection that dies between two statements emits this; the next statement reports it.
  client.on("error", () => {});
  const end = setTimeout(() => socket.destroy(new Error("timeout expired: the deadline is over")), deadline.left);
  try {
    try {
      await client.connect();
    } catch (error) {
      throw error instanceof UserError
        ? error
        : new Failure("connect", error, { stage, ...(claims ? { claims } : {}) });
    }
    return await work({
      query: async (text, values) => {
        try {
          return await client.query(text, values);
        } catch (error) {
          throw new Failure(text === "COMMIT" ? "commit" : "statement", error);
        }
      },
    });
  } finally {
    clearTimeout(end);
    await goodbye(client, socket);
  }
}

/** Runs `work` in one transaction: all of it or nothing. */
export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query("BEGIN");
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
  await session.query("COMMIT");
  return result;
}

/** For error messages and the choice of the login only: the server checks the claims. */
function claimsOf(token: string): TokenClaims | undefined {
  try {
    return tokenClaims(token);
  } catch {
    return undefined;
  }
}

/** A peer that stalls would keep a polite client waiting for ever. */
async function goodbye(client: Client, socket: Socket): Promise<void> {
  const cut = setTimeout(() => socket.destroy(), FAREWELL * 1000);
  await client.end().catch(() => {});
  clearTimeout(cut);
  socket.destroy();
}
