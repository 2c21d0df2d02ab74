import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { PostgresqlEmulator } from "../../sandbox/azure/postgresql/emulator.ts";
import { serveProvider } from "../../sandbox/azure/providerHost.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { commandEnvironment, sandboxEnvironment } from "../../sandbox/environment.ts";
import { providersMode, realPlugins } from "../../sandbox/plugins.ts";
import type { Output } from "../../tools/harness/program.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import type { Access, Way } from "./programs/accessProgram/index.ts";
import { TestServer } from "./testServer.ts";

const PROGRAM = join(import.meta.dirname, "programs/accessProgram");

/** {@link DatabaseAccess} alone under the real engine, on a server of one version of PostgreSQL. */
export class AccessStack {
  readonly server: TestServer;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #close: (() => Promise<unknown>)[];
  #way: Way = "access";

  private constructor(server: TestServer, environment: NodeJS.ProcessEnv, close: (() => Promise<unknown>)[]) {
    this.server = server;
    this.#environment = environment;
    this.#close = close;
  }

  static async open(version: string): Promise<AccessStack> {
    const server = await TestServer.open({ version });
    const dir = server.dir;
    const { admin, issuer, directory, authority } = server;
    const imds = await Imds.start({ issuer, identities: () => [{ principal: admin, kind: "user" }] });
    const close: (() => Promise<unknown>)[] = [() => server.close(), () => imds.close()];
    const folder = await pulumiFolder({ log: (line) => console.error(line) });
    const mode = providersMode(process.env.SANDBOX_PROVIDERS);
    const real = await realPlugins({ mode, dir, pulumiFolder: folder, log: (line) => console.error(line) });
    const providers: Record<string, number> = {};
    if (!real.includes("postgresql")) {
      const token = () => server.token(admin);
      const host = await serveProvider(new PostgresqlEmulator({ token, authority: authority.certificatePem }));
      close.push(async () => host.close());
      providers.postgresql = host.port;
    }
    const environment = sandboxEnvironment({
      dir,
      pulumiFolder: folder,
      providers,
      imdsUrl: imds.url,
      appServiceUrl: imds.appServiceUrl,
      appServiceHeader: imds.appServiceHeader,
      clientId: admin.clientId ?? "",
      tenantId: directory.tenantId,
      subscriptionId: "none",
    });
    const stack = new AccessStack(server, { ...commandEnvironment(environment), CI: "true" }, close);
    mkdirSync(join(dir, "pulumi"), { recursive: true });
    mkdirSync(join(dir, "init"));
    // From a folder of its own: the CLI writes a new stack's salt beside the Pulumi.yaml that it finds.
    writeFileSync(join(dir, "init/Pulumi.yaml"), "name: access\nruntime: nodejs\n");
    const { exitCode, text: said } = await stack.#run(["-C", join(dir, "init"), "stack", "init", "--no-select", "dev"]);
    assert.equal(exitCode, 0, said);
    return stack;
  }

  /** Has the grants beyond the profiles made in this way from now on, without DatabaseAccess. */
  without(way: Exclude<Way, "access">): void {
    this.#way = way;
  }

  /** Says what the program is to make. */
  configure(accesses: Access[]): void {
    const login = {
      host: this.server.server.hostName,
      port: this.server.server.port,
      adminUser: "admin",
      administrators: [{ objectId: this.server.admin.objectId, name: "admin", type: "ServicePrincipal" }],
      tenantId: this.server.directory.tenantId,
      caCertFile: join(this.server.dir, "ca.pem"),
    };
    const config = { "access:login": login, "access:accesses": accesses, "access:way": this.#way };
    writeFileSync(this.#configFile, stringify({ config }));
  }

  /** Runs `up`, `destroy`, `refresh` or `preview`. */
  run(command: string, ...more: string[]): Promise<Output> {
    const consent = command === "preview" ? [] : ["--yes", "--skip-preview"];
    const common = ["--stack", "dev", "--config-file", this.#configFile, "--non-interactive", "--color", "never"];
    return this.#run(["-C", PROGRAM, command, ...consent, ...common, ...more]);
  }

  async succeed(command: string, ...more: string[]): Promise<string> {
    const { exitCode, text: said } = await this.run(command, ...more);
    assert.equal(exitCode, 0, said);
    return said;
  }

  async fail(command: string, ...more: string[]): Promise<string> {
    const { exitCode, text: said } = await this.run(command, ...more);
    assert.notEqual(exitCode, 0, said);
    return said;
  }

  /** Asks something as the service itself, from which nothing is hidden. */
  query(sql: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    return this.server.server.asService(sql, database);
  }

  async close(): Promise<void> {
    for (const close of this.#close.reverse()) await close();
  }

  get #configFile(): string {
    return join(this.server.dir, "Pulumi.dev.yaml");
  }

  async #run(args: string[]): Promise<Output> {
    const child = spawn("pulumi", args, { env: this.#environment, stdio: ["ignore", "pipe", "pipe"] });
    const [out, err, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number]>,
    ]);
    return { exitCode, text: out + err };
  }
}
