import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Emulator, type ProviderHost, serveProvider, UNKNOWN } from "../../sandbox/azure/providerHost.ts";
import { commandEnvironment, sandboxEnvironment } from "../../sandbox/environment.ts";
import type { Output } from "../../tools/harness/program.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { PulumiProject } from "./pulumiProject.ts";

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
  readonly #project: PulumiProject;
  readonly #azure: ProviderHost;

  private constructor(dir: string, folder: string, project: PulumiProject, azure: ProviderHost) {
    this.dir = dir;
    this.pulumiFolder = folder;
    this.#project = project;
    this.#azure = azure;
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
    const env = { ...commandEnvironment(environment), CI: "true" };
    const project = await PulumiProject.open({ name: "policies", program: PROGRAM, dir, env });
    return new PolicyStack(dir, folder, project, azure);
  }

  /** Runs `preview` or `up` with the program's settings. */
  run(command: "preview" | "up", settings: Record<string, boolean>, ...more: string[]): Promise<Output> {
    this.#project.configure(settings);
    return this.#project.run(command, ...more);
  }

  async close(): Promise<void> {
    await this.#azure.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
