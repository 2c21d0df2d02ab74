import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { UserError } from "entra-postgres/errors";
import pg from "pg";
import { type Account, CLEAN_ENVIRONMENT, serviceAccount } from "../accounts.ts";
import { type PostgresVersion, postgresPrograms } from "./binaries.ts";
import type { IssuedCertificate } from "./certificates.ts";
import { dataDirectory, removeData, SOCKET_DIRECTORIES, socketDirectory } from "./placement.ts";
import { Postmaster } from "./postmaster.ts";

const run = promisify(execFile);

/** The superuser, as which Azure alone can log in. */
export const SUPERUSER = "azuresu";

/** Seconds that PostgreSQL has to start before it is given up. */
const START_TIMEOUT = 60;

/** Seconds that a postmaster whose process was killed has to end: PostgreSQL kills its own processes after 5. */
const PREDECESSOR_TIMEOUT = 6;

/** Bytes of log after which a start begins a new file. */
const LOG_LIMIT = 16 * 1024 * 1024;

/** Options of {@link Cluster.open}. */
export interface ClusterOptions {
  /** Directory for the data and the log; made where it is missing. */
  dir: string;
  /** Major version of PostgreSQL. One directory keeps its version: PostgreSQL does not read another version's data. */
  version: PostgresVersion;
  /** PostgreSQL's own certificate: with it `SHOW ssl` says on, as on Azure. Clients meet the gateway's. @default none */
  certificate?: IssuedCertificate;
  /** Called when PostgreSQL ends without {@link Cluster.stop}. */
  onCrash?: (error: Error) => void;
}

/**
 * A PostgreSQL cluster that listens on a unix socket only, in a directory of mode 0700. Its processes end with this process,
 * whatever ends it.
 */
export class Cluster {
  /** The unix socket. It changes with each start. */
  get socketPath(): string {
    return join(this.#socketDir, `.s.PGSQL.${PORT}`);
  }

  /** The data directory. */
  readonly dataDir: string;
  /** The server's log. */
  readonly logPath: string;

  readonly #options: ClusterOptions;
  readonly #account: Account;
  readonly #programs: string;
  #postmaster: Postmaster | undefined;
  #pool: pg.Pool | undefined;
  #socketDir = "";

  private constructor(options: ClusterOptions, account: Account, programs: string, dataDir: string) {
    this.#options = options;
    this.#account = account;
    this.#programs = programs;
    this.dataDir = dataDir;
    this.logPath = join(options.dir, "postgres.log");
  }

  /**
   * Opens the cluster of a directory and starts it, or creates it.
   * @param prepare run once on a new cluster; a cluster whose preparation failed is created again
   * @throws Error when it cannot be made or started, with the end of its log
   */
  static async open(options: ClusterOptions, prepare: (cluster: Cluster) => Promise<void>): Promise<Cluster> {
    mkdirSync(options.dir, { recursive: true });
    const account = serviceAccount();
    const programs = await postgresPrograms(account, options.version);
    const cluster = new Cluster(options, account, programs, await dataDirectory(options.dir, account));
    const prepared = join(options.dir, "prepared");
    const isNew = !existsSync(prepared);
    if (isNew) await cluster.#initialise();
    await cluster.start();
    if (!isNew) return cluster;
    try {
      await prepare(cluster);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    mkdirSync(prepared);
    return cluster;
  }

  /** Whether PostgreSQL is running. */
  get running(): boolean {
    return this.#postmaster?.running ?? false;
  }

  /** Starts PostgreSQL and returns once it takes connections. */
  async start(): Promise<void> {
    if (this.running) return;
    await this.#waitForPredecessor();
    this.#socketDir = socketDirectory(this.#options.dir, this.#account);
    if (existsSync(this.logPath) && statSync(this.logPath).size > LOG_LIMIT)
      renameSync(this.logPath, `${this.logPath}.1`);
    const ssl = this.#writeCertificate();
    const command = [join(this.#programs, "postgres"), "-D", this.dataDir, ...settings(this.#socketDir, ssl)];
    const postmaster = new Postmaster(command, this.#account, this.logPath);
    this.#postmaster = postmaster;
    try {
      await this.#waitUntilReady(postmaster);
    } catch (error) {
      await postmaster.stop();
      SOCKET_DIRECTORIES.remove(this.#options.dir);
      throw error;
    }
    this.#pool = new pg.Pool({ ...this.#connection("postgres"), max: 4, idleTimeoutMillis: 60_000 });
    // PostgreSQL ends idle connections when it stops.
    this.#pool.on("error", () => {});
    void postmaster.ended.then((exit) => {
      if (!exit.expected) this.#crashed(exit.reason);
    });
  }

  /** Stops PostgreSQL: sessions are ended, data is written. Does nothing when it is not running. */
  async stop(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
    await this.#postmaster?.stop();
    this.#postmaster = undefined;
    SOCKET_DIRECTORIES.remove(this.#options.dir);
  }

  /** Stops PostgreSQL and deletes its data. */
  async destroy(): Promise<void> {
    await this.stop();
    removeData(this.#options.dir, this.dataDir);
    rmSync(this.#options.dir, { recursive: true, force: true });
  }

  /** Runs one statement in database `postgres` as the superuser. */
  async query<R extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]> {
    if (!this.#pool) throw new Error(`PostgreSQL in ${this.dataDir} is not running.`);
    const { rows } = await this.#pool.query<R>(sql, values);
    return rows;
  }

  /** Runs `work` on a connection of its own to one database, as the superuser. */
  async inDatabase<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client(this.#connection(database));
    client.on("error", () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  #crashed(reason: string): void {
    const pool = this.#pool;
    this.#pool = undefined;
    void pool?.end().catch(() => {});
    SOCKET_DIRECTORIES.remove(this.#options.dir);
    this.#options.onCrash?.(new Error(`PostgreSQL in ${this.dataDir} ended by itself: ${reason}.${this.#logTail()}`));
  }

  #connection(database: string): pg.ClientConfig {
    return {
      host: this.#socketDir,
      port: PORT,
      user: SUPERUSER,
      database,
      application_name: "azure",
      connectionTimeoutMillis: 10_000,
    };
  }

  async #initialise(): Promise<void> {
    rmSync(this.dataDir, { recursive: true, force: true });
    mkdirSync(this.dataDir, { mode: 0o700 });
    const { uid, gid } = this.#account;
    chownSync(this.dataDir, uid, gid);
    const options = [`--pgdata=${this.dataDir}`, ...INITDB_OPTIONS, ...LOCALE[this.#options.version]];
    try {
      await run(join(this.#programs, "initdb"), options, { cwd: "/", env: CLEAN_ENVIRONMENT, uid, gid });
    } catch (error) {
      const { stderr = "" } = error as { stderr?: string };
      const step = `creating a cluster in ${this.dataDir}`;
      const found = stderr.trim() || String(error);
      throw new UserError({ code: "EP-SANDBOX-05", step, expected: "initdb to succeed", found });
    }
  }

  /** @returns whether there is one */
  #writeCertificate(): boolean {
    const { certificate } = this.#options;
    if (certificate === undefined) return false;
    const { uid, gid } = this.#account;
    for (const [name, pem] of Object.entries({ "server.crt": certificate.certPem, "server.key": certificate.keyPem })) {
      const file = join(this.dataDir, name);
      writeFileSync(file, pem, { mode: 0o600 });
      chownSync(file, uid, gid);
    }
    return true;
  }

  /** The postmaster of a sandbox that was killed a moment ago may still be ending. */
  async #waitForPredecessor(): Promise<void> {
    const deadline = Date.now() + PREDECESSOR_TIMEOUT * 1000;
    for (let pid = this.#livePostmaster(); pid !== undefined; pid = this.#livePostmaster()) {
      if (Date.now() > deadline) {
        const [step, found] = [`starting PostgreSQL on ${this.dataDir}`, `process ${pid}`];
        throw new UserError({ code: "EP-SANDBOX-06", step, expected: "that no server uses it", found });
      }
      await delay(20);
    }
    rmSync(join(this.dataDir, "postmaster.pid"), { force: true });
  }

  #livePostmaster(): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
      // Another program may have the number meanwhile. PostgreSQL has the data directory on its command line.
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.includes(this.dataDir) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  async #waitUntilReady(postmaster: Postmaster): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT * 1000;
    for (;;) {
      try {
        await this.inDatabase("postgres", (client) => client.query("SELECT 1"));
        return;
      } catch (error) {
        if (!postmaster.running || Date.now() > deadline) {
          const reason = postmaster.running ? String(error) : (await postmaster.ended).reason;
          const [step, found] = [`starting PostgreSQL on ${this.dataDir}`, `${reason}.${this.#logTail()}`];
          const expected = `a connection within ${START_TIMEOUT} s`;
          throw new UserError({ code: "EP-SANDBOX-05", step, expected, found });
        }
        await delay(15);
      }
    }
  }

  #logTail(): string {
    try {
      const lines = readFileSync(this.logPath, "utf8").trimEnd().split("\n").slice(-5);
      return ` Its log ${this.logPath} ends with:\n${lines.join("\n")}`;
    } catch {
      return "";
    }
  }
}

const INITDB_OPTIONS = [
  `--username=${SUPERUSER}`,
  "--auth=trust",
  "--encoding=UTF8",
  "--wal-segsize=1",
  "--no-sync",
  "--no-instructions",
  "--set=timezone=UTC",
  "--set=log_timezone=UTC",
  "--set=log_line_prefix=%m [%p] %q%u@%d ",
];

/**
 * Texts sort by code point, whatever the database's collation; upper and lower case are Unicode's. PostgreSQL has this locale from 17 on;
 * 16 takes it from the C library, which has to have C.UTF-8.
 */
const BUILTIN_LOCALE = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
const LOCALE = { "16": ["--locale=C.UTF-8"], "17": BUILTIN_LOCALE, "18": BUILTIN_LOCALE };

/** The port is part of the socket's name only. */
const PORT = 5432;

/** Settings that no server parameter may change. They are on the command line, which overrides every file. */
function settings(socketDir: string, ssl: boolean): string[] {
  const fixed = {
    listen_addresses: "",
    port: String(PORT),
    unix_socket_directories: socketDir,
    unix_socket_permissions: "0700",
    ssl: ssl ? "on" : "off",
    logging_collector: "off",
    // The data need not survive a power cut.
    fsync: "off",
    full_page_writes: "off",
  };
  return Object.entries(fixed).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
