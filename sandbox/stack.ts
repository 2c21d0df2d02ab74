import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import type { DeliveryJob } from "../tools/delivery/jobs.ts";
import type { Access } from "./access.ts";
import { commandEnvironment } from "./environment.ts";
import { DEFAULT_DATABASE_PORT, DEFAULT_SSH_PORT } from "./ports.ts";
import type { ProcessTree } from "./processTree.ts";

/** The project's folder: where Pulumi.yaml is. */
export const PROJECT = new URL("..", import.meta.url).pathname;

const STACK = "sandbox";
/** Lines of the engine's that are left out: something began, was looked at or stays as it is; remarks on its file backend. */
const NOISE = [
  /^\s*$|^@/,
  /^ .* (creating|updating|deleting|refreshing|reading|replacing|creating replacement|deleting original) \(\d+s\)/,
  /^ ~ .* (refresh \(|refreshing( \[diff: .*\])? *$)|^ {4}\S+:\S+ \S+ +(running *)?$/,
  /^Loading policy packs/,
  /^Permalink:|^The resources in the stack have been deleted|^If you want to remove the stack completely/,
];

/** The program's stack on the sandbox: the Pulumi commands that the demonstration runs. */
export class Stack {
  readonly #tree: ProcessTree;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #config: readonly string[];
  readonly #temporary: string;

  constructor(tree: ProcessTree, access: Access, dir: string) {
    this.#tree = tree;
    this.#environment = commandEnvironment(access.environment);
    this.#temporary = join(dir, "tmp");
    mkdirSync(this.#temporary, { recursive: true, mode: 0o700 });
    const file = writeStackConfig(dir, access);
    this.#config = file === undefined ? [] : ["--config-file", file];
  }

  /** Makes the stack when it is not there yet, without selecting it in the user's checkout. */
  async init(): Promise<void> {
    const { exitCode, output } = await this.#capture(["stack", "init", "--no-select", STACK, "--non-interactive"]);
    if (exitCode !== 0 && !output.includes("already exists"))
      throw new Error(`The stack could not be made:\n${output}`);
  }

  /** Creates or changes what the program describes. @returns the command's exit code */
  up(options: { refresh?: boolean } = {}): Promise<number> {
    return this.#show([
      "up",
      "--yes",
      "--skip-preview",
      "--suppress-outputs",
      ...(options.refresh ? ["--refresh"] : []),
      ...this.#config,
    ]);
  }

  /** Shows that nothing would change. @returns 0 when that is so */
  previewUnchanged(): Promise<number> {
    return this.#show([
      "preview",
      "--expect-no-changes",
      "--suppress-outputs",
      "--suppress-permalink=true",
      ...this.#config,
    ]);
  }

  /** Removes everything. @returns the command's exit code */
  destroy(): Promise<number> {
    return this.#show([
      "destroy",
      "--yes",
      "--skip-preview",
      "--suppress-outputs",
      "--suppress-permalink=true",
      ...this.#config,
    ]);
  }

  /**
   * Runs a job of delivery by the command that its workflow runs.
   * @param summaryFile where the summary is written
   * @returns the command's exit code
   */
  async deliver(job: DeliveryJob, summaryFile: string): Promise<number> {
    const main = "tools/delivery/main.ts";
    const command = [process.execPath, main, job, "--stack", STACK, "--summary", summaryFile, ...this.#config];
    const { exitCode } = await this.#tree.run(command, {
      cwd: PROJECT,
      // What it leaves when it is killed lies in the sandbox's own folder.
      env: { ...this.#environment, TMPDIR: this.#temporary },
      stdin: "ignore",
      onLine: withoutNoise((line) => console.log(line)),
    });
    return exitCode;
  }

  /** The stack's outputs; secret ones are masked by the engine. @throws Error when they cannot be read */
  async outputs(): Promise<Record<string, unknown>> {
    const { exitCode, output } = await this.#capture(["stack", "output", "--json", "--stack", STACK]);
    if (exitCode !== 0) throw new Error(`The stack's outputs could not be read:\n${output}`);
    return JSON.parse(output) as Record<string, unknown>;
  }

  /** Number of resources in the stack's state. */
  async resourceCount(): Promise<number> {
    const { exitCode, output } = await this.#capture(["stack", "export", "--stack", STACK]);
    if (exitCode !== 0) throw new Error(`The stack's state could not be read:\n${output}`);
    const state = JSON.parse(output) as { deployment?: { resources?: unknown[] } };
    return state.deployment?.resources?.length ?? 0;
  }

  /** Runs a command with its progress shown: as the engine draws it on a terminal, else one line for each thing done. */
  async #show(args: readonly string[]): Promise<number> {
    const command = ["pulumi", ...args, "--stack", STACK];
    const base = { cwd: PROJECT, env: this.#environment, stdin: "ignore" } as const;
    if (process.stdout.isTTY) return (await this.#tree.run(command, base)).exitCode;
    const quiet = [...command, "--non-interactive", "--color", "never"];
    const onLine = withoutNoise((line) => console.log(line));
    return (await this.#tree.run(quiet, { ...base, onLine })).exitCode;
  }

  async #capture(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
    const lines: string[] = [];
    const errors: string[] = [];
    const { exitCode } = await this.#tree.run(["pulumi", ...args], {
      cwd: PROJECT,
      env: this.#environment,
      stdin: "ignore",
      onLine: (line) => lines.push(line),
      onErrorLine: (line) => errors.push(line),
    });
    return { exitCode, output: (exitCode === 0 ? lines : [...lines, ...errors]).join("\n") };
  }
}

/** Passes on the lines that say something. A rule that waits for `up` is one of two lines, and stands in the summary. */
function withoutNoise(pass: (line: string) => void): (line: string) => void {
  let held: string | undefined;
  return (line) => {
    if (held !== undefined && !/^ +can't run policy .* during preview: /.test(line)) pass(held);
    else if (held !== undefined) line = "";
    held = undefined;
    if (/^ +- \[advisory\] /.test(line)) held = line;
    else if (!NOISE.some((noise) => noise.test(line))) pass(line);
  };
}

/**
 * Pulumi.sandbox.yaml holds the default ports, and names the files of the sandbox in the default folder. For another sandbox, writes a copy
 * with that one's to its state folder.
 * @returns the copy's path, or undefined when the file in the repository fits
 */
export function writeStackConfig(
  dir: string,
  ports: { databasePort: number; sshPort: number },
  project = PROJECT,
): string | undefined {
  const copy = join(dir, "Pulumi.sandbox.yaml");
  const isDefault = resolve(dir) === join(project, ".sandbox");
  if (isDefault && ports.databasePort === DEFAULT_DATABASE_PORT && ports.sshPort === DEFAULT_SSH_PORT) {
    rmSync(copy, { force: true });
    return undefined;
  }
  const original = join(project, "Pulumi.sandbox.yaml");
  const document = parseDocument(existsSync(original) ? readFileSync(original, "utf8") : "{}");
  document.setIn(["config", "entra-postgres:databasePort"], ports.databasePort);
  document.setIn(["config", "entra-postgres:sshPort"], ports.sshPort);
  if (!isDefault) {
    document.setIn(["config", "entra-postgres:databaseCaCert"], join(dir, "ca.pem"));
    document.setIn(["config", "entra-postgres:sshKeyFile"], join(dir, "ssh/id_ed25519"));
  }
  writeFileSync(copy, document.toString());
  return copy;
}
