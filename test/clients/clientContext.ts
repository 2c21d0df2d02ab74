import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { decodeJwt } from "jose";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { TestServer } from "../harness/testServer.ts";

/** The role of the clients, and the name of the VM that they run on. */
const ROLE = "client-vm";
/** Seconds after which a condition that never comes fails the test. They suffice on a machine that is ten times slower. */
const LIMIT_SECONDS = 1200;

/** What a run of a client printed, and its exit code. */
export interface ClientRun {
  exitCode: number | null;
  output: string;
}

/** How a client is started. */
export interface ClientCommand {
  command: [string, ...string[]];
  cwd: string;
}

/** A server with database `app`, a role, and the machine's metadata service whose identity has that role. */
export class ClientContext {
  readonly server: TestServer;
  readonly imds: Imds;
  identity: Principal;
  readonly #children: ChildProcess[] = [];

  private constructor(server: TestServer, imds: Imds, identity: Principal) {
    this.server = server;
    this.imds = imds;
    this.identity = identity;
  }

  /**
   * @param tokenLifetimeSeconds of the tokens that the client gets
   * @param role "missing": {@link createRole} makes it later
   */
  static async open(tokenLifetimeSeconds: number, role: "there" | "missing" = "there"): Promise<ClientContext> {
    const server = await TestServer.open();
    const identity = server.directory.add({ displayName: ROLE, type: "service" });
    await server.server.createDatabase("app");
    await server.server.setConfiguration("log_connections", "on");
    const imds = await Imds.start({
      issuer: server.issuer,
      identities: () => [{ principal: context.identity, kind: "system" }],
      tokenLifetimeSeconds,
    });
    const context = new ClientContext(server, imds, identity);
    if (role === "there") await context.createRole();
    return context;
  }

  /** What the stack output `connections.<app>.environment` would set, and where the sandbox's metadata service is. */
  get environment(): NodeJS.ProcessEnv {
    const { PATH, JAVA_HOME, NODE_EXTRA_CA_CERTS } = process.env;
    return {
      PATH,
      HOME: this.server.dir,
      ...(JAVA_HOME ? { JAVA_HOME } : {}),
      ...(NODE_EXTRA_CA_CERTS ? { NODE_EXTRA_CA_CERTS } : {}),
      PGHOST: "localhost",
      PGPORT: String(this.server.server.port),
      PGDATABASE: "app",
      PGUSER: ROLE,
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: join(this.server.dir, "ca.pem"),
      AZURE_CLIENT_ID: this.identity.clientId,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: this.imds.url,
      // Azure.Identity for .NET has its chain probe the metadata service first, and believes the answer of 169.254.169.254 alone
      // (ImdsManagedIdentityProbeSource.IsRetriableProbeRequest). With one credential named there is no probe, since 1.16.0.
      AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
      NO_PROXY: "127.0.0.1,localhost",
    };
  }

  /** Runs a client to its end. */
  async run({ command, cwd }: ClientCommand, env: NodeJS.ProcessEnv = {}): Promise<ClientRun> {
    return await this.#start(command, cwd, env).ended;
  }

  /** Starts a client's `serve` mode. */
  start({ command, cwd }: ClientCommand, env: NodeJS.ProcessEnv = {}): ServingClient {
    return this.#start([...command, "serve"] as ClientCommand["command"], cwd, env);
  }

  /** Starts a client's `serve` mode and waits until it serves. */
  async serve(client: ClientCommand, env: NodeJS.ProcessEnv = {}): Promise<ServingClient> {
    const serving = this.start(client, env);
    await serving.until("it serves", () => serving.printed("serving"));
    return serving;
  }

  /** Runs statements as the server's administrator. */
  async administer(sql: string, database = "postgres"): Promise<void> {
    await this.server.query("admin", this.server.admin, sql, database);
  }

  /** Makes the clients' role, bound to an identity. */
  async createRole({ objectId } = this.identity): Promise<void> {
    await this.administer(
      `SELECT pgaadauth_create_principal_with_oid('${ROLE}', '${objectId}', 'service', false, false)`,
    );
  }

  /** Binds the clients' role to another identity, as EntraPrincipal does for a VM that was rebuilt. */
  async bindRole({ objectId }: Principal): Promise<void> {
    await this.administer(
      `SELECT pgaadauth_update_principal_with_oid('${ROLE}', '${objectId}', 'service', false, false)`,
    );
  }

  /** Replaces the VM's identity by a new one of the same name, and binds the role to it, as a rebuilt VM needs. */
  async rebuild(): Promise<void> {
    const renewed = this.renewIdentity();
    await this.bindRole(renewed);
    this.identity = renewed;
  }

  /** Replaces the identity in the directory by one of the same name and client id. The role stays bound to the old one. */
  renewIdentity(): Principal {
    const { directory } = this.server;
    directory.remove(this.identity.objectId);
    return directory.add({ displayName: ROLE, type: "service", clientId: this.identity.clientId ?? "" });
  }

  /** The tokens that the client got, with the second of each. */
  get tokens(): { token: string; iat: number }[] {
    return this.server.tokens
      .map((token) => ({ token, ...(decodeJwt(token) as { iat: number; oid: string }) }))
      .filter(({ oid }) => oid !== this.server.admin.objectId);
  }

  /** How many logins of the clients' role the server has accepted. */
  get logins(): number {
    const log = readFileSync(this.server.server.logPath, "utf8");
    return log.split("\n").filter((line) => line.includes(`connection authorized: user=${ROLE}`)).length;
  }

  /** The server's messages about logins that it refused. */
  get refusals(): string[] {
    return this.server.lines.filter((line) => line.includes(": refused "));
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.imds.close();
    await this.server.close();
  }

  #start(command: ClientCommand["command"], cwd: string, env: NodeJS.ProcessEnv): ServingClient {
    const [program, ...args] = command;
    const child = spawn(program, args, { cwd, env: { ...this.environment, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#children.push(child);
    return new ServingClient(child);
  }
}

/** A running client. */
export class ServingClient {
  /** Everything that the client printed. */
  output = "";
  readonly ended: Promise<ClientRun>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk;
      });
    }
    if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => this.#lines.push(line));
    this.ended = once(child, "close").then(([exitCode]) => ({
      exitCode: exitCode as number | null,
      output: this.output,
    }));
  }

  /** Whether the client printed this line. */
  printed(line: string): boolean {
    return this.#lines.includes(line);
  }

  /** Waits for something that the client brings about. @throws Error when the client ends before, or it never comes */
  async until(what: string, holds: () => boolean): Promise<void> {
    const limit = performance.now() + LIMIT_SECONDS * 1000;
    while (!holds()) {
      const { exitCode } = this.#child;
      assert.equal(exitCode, null, `the client ended with ${exitCode} before: ${what}\n${this.output}`);
      assert.ok(performance.now() < limit, `never: ${what}\n${this.output}`);
      await delay(100);
    }
  }

  /** Closes the client's input, which ends the client. Reads the totals that it prints. */
  async stop(): Promise<ClientRun & { totals: Record<string, number> }> {
    this.#child.stdin?.end();
    const run = await this.ended;
    return { ...run, totals: JSON.parse(this.#lines.at(-1) ?? "{}") };
  }
}
