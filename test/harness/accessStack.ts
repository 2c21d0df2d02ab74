import { join } from "node:path";
import { PostgresqlEmulator } from "../../sandbox/azure/postgresql/emulator.ts";
import { serveProvider } from "../../sandbox/azure/providerHost.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { commandEnvironment, sandboxEnvironment } from "../../sandbox/environment.ts";
import { providersMode, realPlugins } from "../../sandbox/plugins.ts";
import type { Output } from "../../tools/harness/program.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import type { Access, Way } from "./programs/accessProgram/index.ts";
import { PulumiProject } from "./pulumiProject.ts";
import { TestServer } from "./testServer.ts";

const PROGRAM = join(import.meta.dirname, "programs/accessProgram");

/** `SchemaAccess` alone under the real engine, on a server of one version of PostgreSQL. */
export class AccessStack {
  readonly server: TestServer;
  readonly #project: PulumiProject;
  readonly #close: (() => Promise<unknown>)[];
  #way: Way = "access";

  private constructor(server: TestServer, project: PulumiProject, close: (() => Promise<unknown>)[]) {
    this.server = server;
    this.#project = project;
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
    const env = { ...commandEnvironment(environment), CI: "true" };
    return new AccessStack(server, await PulumiProject.open({ name: "access", program: PROGRAM, dir, env }), close);
  }

  /** Has the grants beyond the profiles made as resources of their own from now on, without SchemaAccess. */
  without(): void {
    this.#way = "side by side";
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
      caCert: this.server.authority.certificatePem,
    };
    this.#project.configure({ login, accesses, way: this.#way });
  }

  /** Runs a command that must succeed. Returns what it printed. */
  succeed(command: string, ...more: string[]): Promise<string> {
    return this.#project.succeed(command, ...more);
  }

  /** Runs a command that must fail. Returns what it printed. */
  fail(command: string, ...more: string[]): Promise<string> {
    return this.#project.fail(command, ...more);
  }

  /** Runs `up`, `destroy`, `refresh` or `preview`. */
  run(command: string, ...more: string[]): Promise<Output> {
    return this.#project.run(command, ...more);
  }

  /** Asks something as the service itself, from which nothing is hidden. */
  query(sql: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    return this.server.server.asService(sql, database);
  }

  async close(): Promise<void> {
    for (const close of this.#close.reverse()) await close();
  }
}
