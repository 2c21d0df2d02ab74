import { readFileSync } from "node:fs";
import { checkServerIdentity, getCACertificates } from "node:tls";
import pg from "pg";
import type { Configuration } from "./configuration.ts";

/** Runs one statement and returns its rows. */
export type Query = <Row = Record<string, unknown>>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** Options of {@link Server}. */
export interface ServerOptions {
  configuration: Configuration;
  /** The access token that is the password. */
  token: string;
  /** PEM certificates that are trusted in addition to the machine's, where the configuration names no file. */
  authority?: string;
}

/** A server as one provider instance reaches it: verified TLS, an Entra token, and a new connection for each piece of work. */
export class Server {
  /** Name of the role that the provider works as. */
  readonly user: string;
  /** Database of everything that names none. */
  readonly database: string;
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.user = options.configuration.databaseUsername;
    this.database = options.configuration.database;
  }

  /** Works on a new connection, without a transaction. An empty name means the provider's database. */
  async session<T>(database: string, work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#connect(database || this.database);
    try {
      return await work(async (sql, values) => (await client.query(sql, values)).rows);
    } finally {
      await client.end();
    }
  }

  /** Works in one transaction, which an error rolls back. An empty name means the provider's database. */
  async transaction<T>(database: string, work: (query: Query) => Promise<T>): Promise<T> {
    return await this.session(database, async (query) => {
      await query("BEGIN");
      // An error ends the session, and with it the transaction.
      const result = await work(query);
      await query("COMMIT");
      return result;
    });
  }

  async #connect(database: string): Promise<pg.Client> {
    const { host, port, username, connectTimeout } = this.#options.configuration;
    const client = new pg.Client({
      host,
      port,
      database,
      user: username,
      password: this.#options.token,
      connectionTimeoutMillis: connectTimeout * 1000,
      fallback_application_name: "Terraform provider",
      ssl: {
        ca: this.#trusted(),
        rejectUnauthorized: true,
        checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
      },
    });
    // A connection that breaks between two statements fails the next one; without a listener it would end the process.
    client.on("error", () => {});
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => {});
      throw new Error(
        `Could not connect to database ${database} on ${host}:${port} as ${username}: ${explain(error)}\n` +
          "Check that the server runs, that its certificate names this host, and that the role is an Entra administrator; " +
          "the token is taken once at the start, so run the command again if it expired.",
      );
    }
    return client;
  }

  #trusted(): string | string[] {
    const file = this.#options.configuration.rootCertificateFile;
    if (file === undefined) {
      return [...getCACertificates("default"), ...(this.#options.authority ? [this.#options.authority] : [])];
    }
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      throw new Error(
        `The postgresql provider's sslrootcert ${file} cannot be read: ${explain(error)}. Give the path of a PEM file.`,
      );
    }
  }
}

/** The message of PostgreSQL or the network, with detail, hint and SQLSTATE. */
export function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explain).join("; ");
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error ? error.message : String(error);
  const more = [error.detail, error.hint].filter((part) => part !== undefined && part !== "");
  return [`${error.message} (SQLSTATE ${error.code})`, ...more].join(". ");
}
