import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { decodeJwt } from "jose";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { TestServer } from "../sandbox/testServer.ts";

/** The role of the clients, and the name of the VM that they run on. */
const ROLE = "client-vm";

/** What a run of a client printed and how it ended. */
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
export class ClientWorld {
  readonly server: TestServer;
  readonly imds: Imds;
  identity: Principal;
  readonly #children: ChildProcess[] = [];

  private constructor(server: TestServer, imds: Imds, identity: Principal) {
    this.server = server;
    this.imds = imds;
    this.identity = identity;
  }

  /** @param tokenLifetimeSeconds of the tokens that the client gets */
  static async open(tokenLifetimeSeconds: number): Promise<ClientWorld> {
    const server = await TestServer.open();
    const identity = server.directory.add({ displayName: ROLE, type: "service" });
    await server.server.createDatabase("app");
    await server.query(
      "admin",
      server.admin,
      `SELECT pgaadauth_create_principal_with_oid('${ROLE}', '${identity.objectId}', 'service', false, false)`,
    );
    await server.server.setConfiguration("log_connections", "on");
    const imds = await Imds.start({
      issuer: server.issuer,
      identities: () => [{ principal: world.identity, kind: "system" }],
      tokenLifetimeSeconds,
    });
    const world = new ClientWorld(server, imds, identity);
    return world;
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
      NO_PROXY: "127.0.0.1,localhost",
    };
  }

  /** Runs a client to its end. */
  async run({ command, cwd }: ClientCommand, env: NodeJS.ProcessEnv = {}): Promise<ClientRun> {
    const client = this.#start(command, cwd, env);
    return await client.ended;
  }

  /** Starts a client's `serve` mode and waits until it serves. */
  async serve({ command, cwd }: ClientCommand, env: NodeJS.ProcessEnv = {}): Promise<ServingClient> {
    const client = this.#start([...command, "serve"] as ClientCommand["command"], cwd, env);
    await client.until((line) => line === "serving");
    return client;
  }

  /** Stops the server and starts it again, as a restart by Azure does. */
  async restart(): Promise<void> {
    await this.server.server.restart();
  }

  /** The VM is rebuilt: a new identity of the same name takes the role's place, as EntraPrincipal sees to it. */
  async rebuild(): Promise<void> {
    const { directory, admin } = this.server;
    directory.remove(this.identity.objectId);
    const renewed = directory.add({ displayName: ROLE, type: "service", clientId: this.identity.clientId ?? "" });
    await this.server.query(
      "admin",
      admin,
      `SELECT pgaadauth_update_principal_with_oid('${ROLE}', '${renewed.objectId}', 'service', false, false)`,
    );
    this.identity = renewed;
  }

  /** How many of the tokens, one after the other, have expired: each of them was issued when the one before had. */
  get expiries(): number {
    let count = 0;
    let expired = 0;
    for (const token of this.server.tokens) {
      const { iat = 0, exp = 0, oid } = decodeJwt(token) as { iat?: number; exp?: number; oid?: string };
      if (oid !== this.server.admin.objectId && iat >= expired && exp * 1000 <= Date.now()) {
        count += 1;
        expired = exp;
      }
    }
    return count;
  }

  /** How many logins of the clients' role the server has accepted. */
  get logins(): number {
    const log = readFileSync(this.server.server.logPath, "utf8");
    return log.split("\n").filter((line) => line.includes(`connection authorized: user=${ROLE}`)).length;
  }

  /** Logins that the server refused, in its words. */
  get refusals(): string[] {
    return this.server.lines.filter((line) => line.startsWith("refused"));
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

/** A client that runs. */
export class ServingClient {
  /** Everything that it printed. */
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

  /** Waits for a line. @throws Error when the client ends before, with what it printed */
  async until(found: (line: string) => boolean): Promise<void> {
    while (!this.#lines.some(found)) {
      this.requireAlive();
      await delay(50);
    }
  }

  /** @throws Error when the client has ended, with what it printed */
  requireAlive(): void {
    if (this.#child.exitCode !== null)
      throw new Error(`The client ended with ${this.#child.exitCode}:\n${this.output}`);
  }

  /** Ends its input, which ends the client, and reads its totals. */
  async stop(): Promise<ClientRun & { totals: Record<string, number> }> {
    this.#child.stdin?.end();
    const run = await this.ended;
    return { ...run, totals: JSON.parse(this.#lines.at(-1) ?? "{}") };
  }
}
