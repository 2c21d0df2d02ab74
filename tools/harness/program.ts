import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import pg from "pg";
import { parse, stringify } from "yaml";
import { type AzureBehaviour, parseBehaviour } from "../../sandbox/behaviour.ts";
import { databaseToken } from "../../sandbox/cli/virtualMachine.ts";
import { DEPLOYER } from "../../sandbox/deployer.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { MANAGEMENT_RESOURCE, POSTGRES_RESOURCE } from "../../sandbox/entra/tokenRequest.ts";
import { commandEnvironment } from "../../sandbox/environment.ts";
import { providersMode } from "../../sandbox/plugins.ts";
import { removeState } from "../../sandbox/postgres/placement.ts";
import { PROJECT, projectName } from "../../sandbox/project.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { pulumiFolder } from "../pulumi/pulumiCli.ts";

/** The arguments of an update without questions. */
export const UP = ["up", "--yes", "--skip-preview", "--non-interactive"];

/** What a command printed, and how it ended. */
export interface Output {
  exitCode: number;
  text: string;
}

/** The program under the real engine, on a sandbox of its own in a folder of its own. */
export class Program {
  readonly sandbox: Sandbox;
  readonly dir: string;
  /** Every token that the sandbox issued while it was up. */
  readonly tokens: string[] = [];
  readonly #environment: NodeJS.ProcessEnv;
  /** The configuration that was written last, and the one with which the stack is up. */
  #written = "";
  #deployed: string | undefined;

  private constructor(sandbox: Sandbox, dir: string) {
    this.sandbox = sandbox;
    this.dir = dir;
    this.sandbox.issuer.onIssue = (token) => this.tokens.push(token);
    this.#environment = { ...commandEnvironment(sandbox.environment), CI: "true" };
  }

  /** @param behaviour how Azure behaves where that is not known @default as SANDBOX_AZURE says */
  static async start(behaviour: AzureBehaviour = parseBehaviour(process.env.SANDBOX_AZURE)): Promise<Program> {
    const dir = mkdtempSync(join(tmpdir(), "entra-postgres-engine-"));
    const folder = await pulumiFolder({ log: (line) => console.error(line) });
    const sandbox = await Sandbox.start({
      dir,
      pulumiFolder: folder,
      providers: providersMode(process.env.SANDBOX_PROVIDERS),
      behaviour,
    });
    return new Program(sandbox, dir);
  }

  /** Where the stack's state is. */
  get stateFile(): string {
    return join(this.dir, "pulumi/.pulumi/stacks", projectName(), "sandbox.json");
  }

  /** Makes the stack, from a folder of its own: the CLI writes a new stack's salt beside the Pulumi.yaml that it finds. */
  async init(stack: string): Promise<void> {
    const folder = join(this.dir, "init");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "Pulumi.yaml"), `name: ${projectName()}\nruntime: nodejs\n`);
    const { exitCode, text } = await this.run("pulumi", ["-C", folder, "stack", "init", "--no-select", stack]);
    assert.equal(exitCode, 0, text);
  }

  /** Writes the configuration: a file of the repository, with this sandbox's ports and files in it. */
  configure(changes: Record<string, unknown> = {}, file = this.#configFile): void {
    const { config } = parse(readFileSync(join(PROJECT, "Pulumi.sandbox.yaml"), "utf8")) as { config: object };
    // The CLI writes the project's name before the keys of a file that it changes.
    const plain = Object.entries(config).map(([key, value]) => [key.replace(`${projectName()}:`, ""), value]);
    const settings = {
      ...Object.fromEntries(plain),
      databasePort: this.sandbox.databasePort,
      sshPort: this.sandbox.sshPort,
      databaseCaCert: join(this.dir, "ca.pem"),
      sshKeyFile: join(this.dir, "ssh/id_ed25519"),
      ...changes,
    };
    this.#written = stringify({ config: settings });
    writeFileSync(file, this.#written);
  }

  /** Takes a configuration of the repository as it is; as a copy, since the CLI may write to it. */
  configureAs(stack: string): void {
    copyFileSync(join(PROJECT, `Pulumi.${stack}.yaml`), this.#configFile);
  }

  /** Runs the CLI on the stack. */
  async pulumi(args: string[], env: NodeJS.ProcessEnv = {}, stack = "sandbox"): Promise<Output> {
    const options = ["--stack", stack, "--config-file", this.#configFile];
    return await this.#change(args[0], () => this.run("pulumi", [...args, ...options], env));
  }

  /** Runs a command, and notes with which configuration the stack is up afterwards. */
  async #change(command: string | undefined, run: () => Promise<Output>): Promise<Output> {
    const changes = ["up", "repair", "destroy"].includes(command ?? "");
    if (changes) this.#deployed = undefined;
    const done = await run();
    if (changes && command !== "destroy" && done.exitCode === 0) this.#deployed = this.#written;
    return done;
  }

  /** Runs the CLI on the stack. It must succeed. Returns what it printed. */
  async succeed(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { exitCode, text } = await this.pulumi(args, env);
    assert.equal(exitCode, 0, text);
    return text;
  }

  /** Runs the CLI on the stack. It must fail. Returns what it printed. */
  async fail(args: string[]): Promise<string> {
    const { exitCode, text } = await this.pulumi(args);
    assert.notEqual(exitCode, 0, text);
    return text;
  }

  /** Runs `up` with this configuration, unless the stack has it. A test that begins with it can run alone. */
  async ensureUp(changes: Record<string, unknown> = {}): Promise<void> {
    this.configure(changes);
    if (this.#deployed !== this.#written) await this.succeed(UP);
  }

  /** Runs the CLI with a command that takes no configuration file. */
  stack(args: string[]): Promise<Output> {
    return this.run("pulumi", ["stack", ...args]);
  }

  /** Runs a job of delivery as its workflow does. */
  async deliver(job: string): Promise<Output & { summary: string; outcome: string | undefined }> {
    const [summary, outcome] = [join(this.dir, "summary.md"), join(this.dir, "outcome")];
    for (const file of [summary, outcome]) rmSync(file, { force: true });
    const main = [join(PROJECT, "delivery/main.ts"), job, "--stack", "sandbox", "--config-file", this.#configFile];
    const args = [...main, "--summary", summary, "--outcome", outcome];
    const done = await this.#change(job, () => this.run(process.execPath, args));
    const found = /^outcome=(.*)$/m.exec(readFileSync(outcome, "utf8"))?.[1];
    return { ...done, summary: readFileSync(summary, "utf8"), outcome: found };
  }

  async run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Output> {
    const child = spawn(command, args, {
      cwd: PROJECT,
      env: { ...this.#environment, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number]>,
    ]);
    return { exitCode, text: out + err };
  }

  /** Runs statements as the deployer, behind Pulumi's back. */
  async sql(statements: string, database = "postgres"): Promise<void> {
    await this.queryAsAdmin(statements, database);
  }

  /** Asks something as the deployer, who is the server's administrator. */
  async queryAsAdmin(query: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const { directory } = this.sandbox;
    const deployer = directory.get(DEPLOYER.objectId);
    assert.ok(deployer);
    return await this.queryAs(DEPLOYER.displayName, await this.token(deployer), query, database);
  }

  /** A token for PostgreSQL, as the metadata service would give it to the identity. */
  async token(identity: Principal): Promise<string> {
    return (await this.sandbox.issuer.issue(identity, POSTGRES_RESOURCE)).accessToken;
  }

  /** A token for PostgreSQL that the metadata service of a virtual machine gives. */
  async machineToken(metadataService: string, clientId: string | undefined): Promise<string> {
    return await databaseToken(metadataService, clientId);
  }

  /** What the resource manager answers the deployer about a resource: the status, and the code of an error. */
  async askAzure(id: string): Promise<[number, string?]> {
    const { issuer, deployer, environment } = this.sandbox;
    const { accessToken } = await issuer.issue(deployer, MANAGEMENT_RESOURCE);
    const answer = await fetch(new URL(`${id}?api-version=2024-08-01`, environment.ARM_ENDPOINT), {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    const { error } = (await answer.json()) as { error?: { code: string } };
    return error ? [answer.status, error.code] : [answer.status];
  }

  /** Runs statements as an identity, over verified TLS. */
  async queryAs(user: string, token: string, sql: string, database: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({
      host: "localhost",
      port: this.sandbox.databasePort,
      user,
      password: token,
      database,
      ssl: { ca: readFileSync(join(this.dir, "ca.pem"), "utf8"), rejectUnauthorized: true },
    });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async outputs(): Promise<{
    receipts: Record<string, Record<string, unknown>>;
    connections: Record<string, Record<string, string>>;
    readme: string;
  }> {
    const { text: json } = await this.stack(["output", "--json", "--stack", "sandbox"]);
    return JSON.parse(json);
  }

  /** The resources in the stack's state. */
  async resources(): Promise<
    { urn: string; type: string; id?: string; inputs: Record<string, unknown>; outputs: Record<string, unknown> }[]
  > {
    const { text: json } = await this.stack(["export", "--stack", "sandbox"]);
    return JSON.parse(json).deployment.resources ?? [];
  }

  async stop(): Promise<void> {
    await this.sandbox.stop();
    removeState(this.dir);
  }

  get #configFile(): string {
    return join(this.dir, "Pulumi.test.yaml");
  }
}
