import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { Directory, type Principal } from "../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../sandbox/entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "../../sandbox/entra/tokenRequest.ts";
import { CertificateAuthority } from "../../sandbox/postgres/certificates.ts";
import { FlexibleServer, type FlexibleServerOptions } from "../../sandbox/postgres/flexibleServer.ts";

/** What a run of psql printed and how it ended. */
export interface PsqlRun {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A directory of the test's own that other accounts can enter. It goes with the process at the latest. */
export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), "entra-postgres-test-"));
  chmodSync(dir, 0o755);
  process.setMaxListeners(0).once("exit", () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A server with one administrator, `admin`, and everything that a test needs to log in to it. */
export class TestServer {
  readonly dir: string;
  readonly directory: Directory;
  readonly issuer: TokenIssuer;
  readonly authority: CertificateAuthority;
  readonly admin: Principal;
  /** Every token that was minted. */
  readonly tokens: string[] = [];
  /** Every line of the server's own log. */
  readonly lines: string[] = [];
  server!: FlexibleServer;

  private constructor(dir: string, directory: Directory, issuer: TokenIssuer, authority: CertificateAuthority) {
    this.dir = dir;
    this.directory = directory;
    this.issuer = issuer;
    this.authority = authority;
    this.admin = directory.add({ displayName: "admin", type: "service" });
    issuer.onIssue = (token) => this.tokens.push(token);
    writeFileSync(join(dir, "ca.pem"), authority.certificatePem);
  }

  static async open(options: Partial<FlexibleServerOptions> = {}): Promise<TestServer> {
    const dir = temporaryDirectory();
    const directory = new Directory(dir);
    const made = new TestServer(
      dir,
      directory,
      await TokenIssuer.open(directory, dir),
      await CertificateAuthority.open(dir),
    );
    await made.start(options);
    await made.server.addAdministrator({
      principalName: "admin",
      objectId: made.admin.objectId,
      principalType: "ServicePrincipal",
      tenantId: directory.tenantId,
    });
    return made;
  }

  /** Opens the server of the directory, anew or again. */
  async start(options: Partial<FlexibleServerOptions> = {}): Promise<void> {
    this.server = await FlexibleServer.open({
      name: "testserver",
      dir: join(this.dir, "server"),
      directory: this.directory,
      issuer: this.issuer,
      authority: this.authority,
      address: "127.0.0.1",
      hostName: "localhost",
      port: 0,
      version: "18",
      log: (line) => this.lines.push(line),
      ...options,
    });
  }

  /** A token for PostgreSQL. */
  async token(principal: Principal, overrides: Record<string, unknown> = {}, lifetime?: number): Promise<string> {
    return (await this.issuer.issue(principal, POSTGRES_RESOURCE, lifetime, overrides)).accessToken;
  }

  /** Logs in over TLS, verified. */
  async connect(user: string, password: string, database = "postgres"): Promise<pg.Client> {
    const client = new pg.Client({
      host: "127.0.0.1",
      port: this.server.port,
      user,
      password,
      database,
      connectionTimeoutMillis: 120_000,
      ssl: { ca: this.authority.certificatePem, rejectUnauthorized: true, servername: "localhost" },
    });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** Runs statements as a principal, and returns the rows of the last one. */
  async query(user: string, principal: Principal, sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const client = await this.connect(user, await this.token(principal), database);
    try {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(sql);
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** Runs psql with a connection string. @throws Error when psql is not installed */
  psql(connection: string, password: string, sql: string): Promise<PsqlRun> {
    return new Promise((resolve, reject) => {
      const args = ["--no-psqlrc", "--tuples-only", "--no-align", "-c", sql, `port=${this.server.port} ${connection}`];
      const env = { PATH: process.env.PATH, PGPASSWORD: password };
      execFile("psql", args, { env, encoding: "utf8" }, (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") {
          const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
          reject(missing ? new Error("psql is not on PATH. Install PostgreSQL's client programs.") : error);
        } else {
          resolve({ exitCode: (error?.code as number | undefined) ?? 0, stdout, stderr });
        }
      });
    });
  }

  /** The text of PostgreSQL's log. */
  postgresLog(): string {
    return readFileSync(this.server.logPath, "utf8");
  }

  async close(): Promise<void> {
    await this.server.destroy();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
