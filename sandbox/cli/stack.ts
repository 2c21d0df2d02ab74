import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "entra-postgres/errors";
import { type Document, parseDocument } from "yaml";
import { commandEnvironment } from "../environment.ts";
import { DEFAULT_PORTS, type Ports } from "../ports.ts";
import type { Supervisor } from "../processes/supervisor.ts";
import { PROJECT } from "../project.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Access } from "./access.ts";
import { withoutNoise } from "./engineLines.ts";
import { removeDeadLocks } from "./unfinished.ts";

const STACK = "sandbox";
/** The component's type in a URN; the command that logs in is its child, over SSH and by Azure alike. */
const CONNECTION_CHECK = "::entra-postgres:index:ConnectionCheck::";
/** Options of {@link Stack.up}. */
export interface UpOptions {
  /** Looks first at what was changed outside Pulumi. @default false */
  refresh?: boolean;
  /** URNs of resources to replace, whether anything changed or not. @default none */
  replace?: readonly string[];
}

/** The program's stack on the sandbox: the Pulumi commands that the demonstration runs. */
export class Stack {
  readonly #supervisor: Supervisor;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #config: readonly string[];
  readonly #dir: string;
  readonly #temporary: string;

  constructor(supervisor: Supervisor, access: Access, dir: string) {
    this.#supervisor = supervisor;
    this.#environment = commandEnvironment(access.environment);
    this.#dir = dir;
    this.#temporary = join(dir, "tmp");
    mkdirSync(this.#temporary, { recursive: true, mode: 0o700 });
    const file = writeStackConfig(dir, access);
    this.#config = file === undefined ? [] : ["--config-file", file];
  }

  /**
   * Creates the stack when it does not exist yet, without selecting it in the user's checkout. Removes a lock that a killed command left on it.
   * @throws UserError when another command is at work on it
   */
  async init(): Promise<void> {
    if (removeDeadLocks(this.#dir) > 0) console.error("Removed the lock of an earlier command that was killed.");
    const { exitCode, output } = await this.#capture(["stack", "init", "--no-select", STACK, "--non-interactive"]);
    if (exitCode === 0 || output.includes("already exists")) return;
    if (output.includes("currently locked"))
      throw new UserError({ code: "EP-CLI-08", step: "opening the stack", expected: "no lock on it", found: output });
    throw new UserError({ code: "EP-CLI-09", step: "creating the stack", expected: "exit code 0", found: output });
  }

  /** Creates or changes what the program describes. @returns the command's exit code */
  up({ refresh = false, replace = [] }: UpOptions = {}): Promise<number> {
    const replacements = replace.flatMap((urn) => ["--replace", urn]);
    return this.#show(["up", "--yes", "--skip-preview", ...(refresh ? ["--refresh"] : []), ...replacements]);
  }

  /** Shows that nothing would change. @returns 0 when that is so */
  previewUnchanged(): Promise<number> {
    return this.#show(["preview", "--expect-no-changes", "--suppress-permalink=true"]);
  }

  /** Removes everything. @returns the command's exit code */
  destroy(): Promise<number> {
    return this.#show(["destroy", "--yes", "--skip-preview", "--suppress-permalink=true"]);
  }

  /**
   * Runs a job of delivery by the command that its workflow runs.
   * @param job one of those that `node delivery/main.ts` knows
   * @param summaryFile where the summary is written
   * @returns the command's exit code
   */
  async deliver(job: string, summaryFile: string): Promise<number> {
    const main = "delivery/main.ts";
    const command = [process.execPath, main, job, "--stack", STACK, "--summary", summaryFile, ...this.#config];
    return await this.#supervisor.run(command, {
      cwd: PROJECT,
      // What it leaves when it is killed lies in the sandbox's own folder.
      env: { ...this.#environment, TMPDIR: this.#temporary },
      stdin: "ignore",
      onLine: withoutNoise((line) => console.log(line)),
    });
  }

  /** The stack's outputs; secret ones are masked by the engine. */
  async outputs(): Promise<Record<string, unknown>> {
    return (await this.#read("outputs", ["output", "--json"])) as Record<string, unknown>;
  }

  /** What `destroy` has left, in the state and in the sandbox. */
  async whatIsLeft(sandbox: Sandbox | undefined): Promise<{ total: number; text: string }> {
    const counts: readonly [number, string][] = [
      [(await this.#resources()).length, "resources in the stack"],
      [sandbox?.azure.resources().length ?? 0, "in Azure's emulator"],
      [sandbox?.azure.servers().size ?? 0, "database servers"],
      [sandbox?.azure.virtualMachines().size ?? 0, "virtual machines"],
    ];
    const text = counts.map(([count, what]) => `${count} ${what}`).join(", ");
    return { total: counts.reduce((sum, [count]) => sum + count, 0), text };
  }

  /** URNs of the commands that log in from the virtual machines: replacing them tests every login again. */
  async connectionTests(): Promise<string[]> {
    const resources = await this.#resources();
    return resources.filter(({ parent }) => parent?.includes(CONNECTION_CHECK)).map(({ urn }) => urn);
  }

  async #resources(): Promise<{ urn: string; parent?: string }[]> {
    type State = { deployment?: { resources?: { urn: string; parent?: string }[] } };
    return ((await this.#read("state", ["export"])) as State).deployment?.resources ?? [];
  }

  /**
   * Runs a command with its progress shown: a line for each thing done. On a terminal, too: the table that the engine would draw there takes
   * the keyboard, Ctrl-C with it, and what the sandbox says meanwhile would be drawn over.
   */
  async #show(args: readonly string[]): Promise<number> {
    const color = process.stdout.isTTY && process.stdout.hasColors() ? "always" : "never";
    const options = ["--suppress-outputs", ...this.#config, "--stack", STACK, "--non-interactive", "--color", color];
    const onLine = withoutNoise((line) => console.log(line));
    const command = ["pulumi", ...args, ...options];
    return await this.#supervisor.run(command, { cwd: PROJECT, env: this.#environment, stdin: "ignore", onLine });
  }

  async #read(what: string, args: readonly string[]): Promise<unknown> {
    const { exitCode, output } = await this.#capture(["stack", ...args, "--stack", STACK]);
    if (exitCode === 0) return JSON.parse(output);
    const step = `reading the ${what} of the stack`;
    throw new UserError({ code: "EP-CLI-09", step, expected: "exit code 0", found: output });
  }

  async #capture(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
    const lines: string[] = [];
    const errors: string[] = [];
    const exitCode = await this.#supervisor.run(["pulumi", ...args], {
      cwd: PROJECT,
      env: this.#environment,
      stdin: "ignore",
      onLine: (line) => lines.push(line),
      onErrorLine: (line) => errors.push(line),
    });
    return { exitCode, output: (exitCode === 0 ? lines : [...lines, ...errors]).join("\n") };
  }
}

/**
 * Pulumi.sandbox.yaml holds the default ports, and names the files of the sandbox in the default folder. For another sandbox, writes a copy
 * with that one's to its state folder.
 * @returns the copy's path, or undefined when the file in the repository fits
 */
export function writeStackConfig(dir: string, ports: Ports, project = PROJECT): string | undefined {
  const copy = join(dir, "Pulumi.sandbox.yaml");
  const isDefault = resolve(dir) === join(project, ".sandbox");
  if (isDefault && ports.databasePort === DEFAULT_PORTS.databasePort && ports.sshPort === DEFAULT_PORTS.sshPort) {
    rmSync(copy, { force: true });
    return undefined;
  }
  const original = join(project, "Pulumi.sandbox.yaml");
  const document = parseDocument(existsSync(original) ? readFileSync(original, "utf8") : "{}");
  setConfig(document, "databasePort", ports.databasePort);
  setConfig(document, "sshPort", ports.sshPort);
  if (!isDefault) {
    setConfig(document, "databaseCaCert", join(dir, "ca.pem"));
    setConfig(document, "sshKeyFile", join(dir, "ssh/id_ed25519"));
  }
  writeFileSync(copy, document.toString());
  return copy;
}

/** Sets a key of the project. The CLI writes the project's name before the keys of a file that it changes, so a key may have one already. */
function setConfig(document: Document, key: string, value: string | number): void {
  const written = Object.keys((document.toJS() as { config?: object }).config ?? {});
  document.setIn(["config", written.find((each) => each.endsWith(`:${key}`)) ?? key], value);
}
