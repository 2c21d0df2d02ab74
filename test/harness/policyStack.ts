import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { type Emulator, type ProviderHost, serveProvider, UNKNOWN } from "../../sandbox/azure/providerHost.ts";
import { commandEnvironment, sandboxEnvironment } from "../../sandbox/environment.ts";
import type { Output } from "../../tools/harness/program.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";

const PROGRAM = join(import.meta.dirname, "programs/policyProgram");

/** Outputs that only Azure knows, with what it would say. */
const COMPUTED = {
  name: () => "made",
  ipAddress: () => "0.0.0.0",
};

/** A provider that makes anything, in memory: it would be no help if it refused what a policy is to refuse. */
class Anything implements Emulator {
  readonly name: string;
  readonly version: string;

  constructor(name: string, version: string) {
    this.name = name;
    this.version = version;
  }

  async check({ news }: Parameters<Emulator["check"]>[0]) {
    return { inputs: news, failures: [] };
  }

  async diff({ oldInputs, news }: Parameters<Emulator["diff"]>[0]) {
    return { changes: !isDeepStrictEqual(oldInputs, news), replaces: [], diffs: [] };
  }

  async create({ name, inputs, preview }: Parameters<Emulator["create"]>[0]) {
    const computed = Object.fromEntries(
      Object.entries(COMPUTED).map(([property, value]) => [property, preview ? UNKNOWN : value()]),
    );
    return { id: preview ? "" : `/made/${name}`, outputs: { ...computed, ...inputs } };
  }

  async read({ id, inputs, outputs }: Parameters<Emulator["read"]>[0]) {
    return { id, inputs, outputs };
  }

  async update({ inputs }: Parameters<Emulator["update"]>[0]) {
    return { outputs: inputs };
  }

  async delete() {}
}

/** A small program under the real engine and the policy pack, with providers that make anything. */
export class PolicyStack {
  readonly dir: string;
  /** Folder of the Pulumi CLI. */
  readonly pulumiFolder: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #hosts: ProviderHost[];

  private constructor(dir: string, folder: string, environment: NodeJS.ProcessEnv, hosts: ProviderHost[]) {
    this.dir = dir;
    this.pulumiFolder = folder;
    this.#environment = environment;
    this.#hosts = hosts;
  }

  static async open(): Promise<PolicyStack> {
    const dir = mkdtempSync(join(tmpdir(), "entra-postgres-policies-"));
    const folder = await pulumiFolder({ log: (line) => console.error(line) });
    const azure = await serveProvider(new Anything("azure-native", "3.28.0"));
    const environment = sandboxEnvironment({
      dir,
      pulumiFolder: folder,
      providers: { "azure-native": azure.port },
      imdsUrl: "http://127.0.0.1:1",
      appServiceUrl: "http://127.0.0.1:1",
      appServiceHeader: "none",
      clientId: "none",
      tenantId: "none",
      subscriptionId: "none",
    });
    const stack = new PolicyStack(dir, folder, { ...commandEnvironment(environment), CI: "true" }, [azure]);
    mkdirSync(join(dir, "pulumi"), { recursive: true });
    mkdirSync(join(dir, "init"));
    // From a folder of its own: the CLI writes a new stack's salt beside the Pulumi.yaml that it finds.
    writeFileSync(join(dir, "init/Pulumi.yaml"), "name: policies\nruntime: nodejs\n");
    const init = ["-C", join(dir, "init"), "stack", "init", "--no-select", "dev"];
    const { exitCode, text: said } = await stack.#run(init);
    assert.equal(exitCode, 0, said);
    return stack;
  }

  /** Runs `preview` or `up` with the program's settings. */
  run(command: "preview" | "up", settings: Record<string, boolean>, ...more: string[]): Promise<Output> {
    const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`policies:${key}`, value]));
    const file = join(this.dir, "Pulumi.dev.yaml");
    writeFileSync(file, stringify({ config }));
    const consent = command === "up" ? ["--yes", "--skip-preview"] : [];
    const common = ["--stack", "dev", "--config-file", file, "--non-interactive", "--color", "never"];
    return this.#run(["-C", PROGRAM, command, ...consent, ...common, ...more]);
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.close();
    rmSync(this.dir, { recursive: true, force: true });
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
