import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import { commandEnvironment, PASSPHRASE } from "../../sandbox/environment.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";

const PROGRAM = join(import.meta.dirname, "program");

/** What a run of the CLI printed, and how it ended. */
export interface Run {
  exitCode: number | null;
  text: string;
}

/** One role of the program, under the logical name that its URN ends with. */
export interface EngineRole {
  name: string;
  args: Partial<PrincipalInputs>;
  protect?: boolean;
  /** Another role of the program, until whose making this one's server and identity are unknown. */
  after?: string;
}

/** What a stack is made on: where the server is, who logs in, and where what is printed is kept. */
export interface EngineHost {
  server: { dir: string; admin: { clientId?: string }; directory: { tenantId: string } };
  imds: { url: string };
  manager: { url: string };
  /** Which functions the program's roles call. */
  lifecycleName: "own" | "control";
  output: string[];
  holdsNoSecret(text: string): void;
}

/** A stack under the real engine, whose program is one or more roles. What it prints is kept for the look for secrets. */
export class EngineStack {
  readonly dir: string;
  readonly #context: EngineHost;
  readonly #name: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(context: EngineHost, name: string, dir: string, environment: NodeJS.ProcessEnv) {
    this.#context = context;
    this.#name = name;
    this.dir = dir;
    this.#environment = environment;
  }

  /** Makes an empty stack. Stacks of the same context share a backend, as two stacks of one team do. */
  static async open(context: EngineHost, name = "dev"): Promise<EngineStack> {
    const dir = join(context.server.dir, "engine");
    const init = join(dir, `init-${name}`);
    mkdirSync(init, { recursive: true });
    const folder = await pulumiFolder({ log: () => {} });
    const environment = {
      ...commandEnvironment({
        PATH: [folder, process.env.PATH].join(":"),
        PULUMI_BACKEND_URL: `file://${dir}`,
        PULUMI_HOME: join(dir, "home"),
        PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        AZURE_POD_IDENTITY_AUTHORITY_HOST: context.imds.url,
        AZURE_CLIENT_ID: context.server.admin.clientId ?? "",
        AZURE_TENANT_ID: context.server.directory.tenantId,
        AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
        ARM_ENDPOINT: context.manager.url,
        NO_PROXY: "127.0.0.1,localhost",
      }),
      CI: "true",
    };
    const stack = new EngineStack(context, name, dir, environment);
    // In a folder of its own: the CLI writes a new stack's salt next to the Pulumi.yaml that it finds.
    writeFileSync(join(init, "Pulumi.yaml"), "name: faults\nruntime: nodejs\n");
    const made = await stack.run(["-C", init, "stack", "init", "--no-select", name]);
    assert.equal(made.exitCode, 0, made.text);
    return stack;
  }

  /** Says what the program is to make. */
  configure(...roles: EngineRole[]): void {
    writeFileSync(
      this.#configFile,
      stringify({
        config: { "faults:lifecycle": this.#context.lifecycleName, "faults:roles": JSON.parse(JSON.stringify(roles)) },
      }),
    );
  }

  up(...more: string[]): Promise<Run> {
    return this.#withConfig(["up", "--yes", "--skip-preview", ...more]);
  }

  preview(...more: string[]): Promise<Run> {
    return this.#withConfig(["preview", ...more]);
  }

  refresh(...more: string[]): Promise<Run> {
    return this.#withConfig(["refresh", "--yes", "--skip-preview", ...more]);
  }

  destroy(...more: string[]): Promise<Run> {
    return this.#withConfig(["destroy", "--yes", "--skip-preview", ...more]);
  }

  /** An `up` that is under way, to send signals to; `ended` is what it came to. It leads a process group of its own. */
  startUp(...more: string[]): { child: ChildProcess; ended: Promise<Run>; text: () => string } {
    return this.#start(this.#configured(["up", "--yes", "--skip-preview", ...more]), {});
  }

  /** Runs the CLI. */
  run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return this.#start(args, env).ended;
  }

  /** Runs the CLI on the stack and its program, with more variables. */
  runWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> {
    return this.run(this.#configured(args), env);
  }

  /** The state file of the backend. */
  get stateFile(): string {
    return join(this.dir, ".pulumi/stacks/faults", `${this.#name}.json`);
  }

  /** The roles in the state, and the operations that were under way when the engine was ended. */
  state(): { roles: { urn: string; id: string; outputs: Record<string, unknown> }[]; pending: unknown[] } {
    const { checkpoint } = JSON.parse(existsSync(this.stateFile) ? readFileSync(this.stateFile, "utf8") : "{}");
    const resources: { urn: string; id: string; type: string; outputs: Record<string, unknown> }[] =
      checkpoint?.latest?.resources ?? [];
    return {
      roles: resources.filter(({ type }) => type.includes("dynamic/")),
      pending: checkpoint?.latest?.pending_operations ?? [],
    };
  }

  /** The next `up` succeeds and the one after has nothing to do, which a refresh confirms. */
  async converges(): Promise<void> {
    for (const args of [[], ["--expect-no-changes"]]) {
      const { exitCode, text } = await this.up(...args);
      assert.equal(exitCode, 0, text);
    }
    const { exitCode, text } = await this.refresh("--expect-no-changes");
    assert.equal(exitCode, 0, text);
    this.#context.holdsNoSecret(readFileSync(this.stateFile, "utf8"));
  }

  #withConfig(args: string[]): Promise<Run> {
    return this.run(this.#configured(args));
  }

  #configured(args: string[]): string[] {
    const common = ["--stack", this.#name, "--config-file", this.#configFile, "--non-interactive", "--color", "never"];
    return ["-C", PROGRAM, ...args, ...common];
  }

  get #configFile(): string {
    return join(this.dir, `Pulumi.${this.#name}.yaml`);
  }

  #start(args: string[], env: NodeJS.ProcessEnv): { child: ChildProcess; ended: Promise<Run>; text: () => string } {
    const child = spawn("pulumi", args, {
      env: { ...this.#environment, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
    }
    const ended = once(child, "close").then(([exitCode]) => {
      this.#context.output.push(text);
      return { exitCode: exitCode as number | null, text };
    });
    return { child, ended, text: () => text };
  }
}
