import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import type { Output } from "../../tools/harness/program.ts";

/** A small Pulumi program with one stack, under the real engine. */
export class PulumiProject {
  readonly #options: PulumiProjectOptions;
  /** The configuration that was written last, and the one with which the stack is up. */
  #written = "";
  #deployed: string | undefined;

  private constructor(options: PulumiProjectOptions) {
    this.#options = options;
  }

  /** Makes the stack, which is empty. */
  static async open(options: PulumiProjectOptions): Promise<PulumiProject> {
    const project = new PulumiProject(options);
    const init = join(options.dir, `init-${options.name}`);
    for (const folder of [join(options.dir, "pulumi"), init]) mkdirSync(folder, { recursive: true });
    // In a folder of its own: the CLI writes a new stack's salt next to the Pulumi.yaml that it finds.
    writeFileSync(join(init, "Pulumi.yaml"), `name: ${options.name}\nruntime: nodejs\n`);
    const made = await project.#spawn(["-C", init, "stack", "init", "--no-select", STACK]);
    assert.equal(made.exitCode, 0, made.text);
    return project;
  }

  /** The file that holds the stack's state. */
  get stateFile(): string {
    return join(this.#options.dir, "pulumi/.pulumi/stacks", this.#options.name, `${STACK}.json`);
  }

  /** Writes the stack's configuration. */
  configure(settings: object): void {
    const entries = Object.entries(settings).map(([key, value]) => [`${this.#options.name}:${key}`, value]);
    this.#written = stringify({ config: Object.fromEntries(entries) });
    writeFileSync(this.#configFile, this.#written);
  }

  /** Runs `up` with this configuration, unless the stack has it. A test that begins with it can run alone. */
  async ensureUp(settings: object): Promise<void> {
    this.configure(settings);
    if (this.#deployed !== this.#written) await this.succeed("up");
  }

  /** Runs `up`, `destroy`, `refresh` or `preview`. */
  async run(command: string, ...more: string[]): Promise<Output> {
    const consent = command === "preview" ? [] : ["--yes", "--skip-preview"];
    const common = ["--stack", STACK, "--config-file", this.#configFile, "--non-interactive", "--color", "never"];
    if (command !== "preview") this.#deployed = undefined;
    const done = await this.#spawn(["-C", this.#options.program, command, ...consent, ...common, ...more]);
    if (command === "up" && done.exitCode === 0) this.#deployed = this.#written;
    return done;
  }

  /** Runs a command that must succeed. Returns what it printed. */
  async succeed(command: string, ...more: string[]): Promise<string> {
    const { exitCode, text: printed } = await this.run(command, ...more);
    assert.equal(exitCode, 0, printed);
    return printed;
  }

  /** Runs a command that must fail. Returns what it printed. */
  async fail(command: string, ...more: string[]): Promise<string> {
    const { exitCode, text: printed } = await this.run(command, ...more);
    assert.notEqual(exitCode, 0, printed);
    return printed;
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { program } = this.#options;
    const { text: json } = await this.#spawn(["-C", program, "stack", "output", "--json", "--stack", STACK]);
    return JSON.parse(json);
  }

  get #configFile(): string {
    return join(this.#options.dir, `Pulumi.${this.#options.name}.yaml`);
  }

  async #spawn(args: string[]): Promise<Output> {
    const { env } = this.#options;
    const child = spawn("pulumi", args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const [out, err, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number]>,
    ]);
    return { exitCode, text: out + err };
  }
}

const STACK = "dev";

/** What a project is and where it runs. */
export interface PulumiProjectOptions {
  /** The project's name, as its Pulumi.yaml has it. */
  name: string;
  /** Folder of the program. */
  program: string;
  /** Folder of the state and the configuration. */
  dir: string;
  env: NodeJS.ProcessEnv;
}
