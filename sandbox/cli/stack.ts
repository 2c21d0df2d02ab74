import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "entra-postgres/errors";
import { type Document, parseDocument } from "yaml";
import { commandEnvironment } from "../environment.ts";
import { DEFAULT_PORTS, type Ports } from "../ports.ts";
import type { RunOptions, Supervisor } from "../processes/supervisor.ts";
import { PROJECT } from "../project.ts";
import type { Sandbox } from "../sandbox.ts";
import { withoutNoise } from "./engineLines.ts";
import { removeDeadLocks } from "./unfinished.ts";

const STACK = "sandbox";
/** The component's type in the URN of its command, which logs in. */
const CONNECTION_CHECK = "::entra-postgres:index:ConnectionCheck::";

/** Options of {@link Stack.up}. */
export interface UpOptions {
  /** Reads changes outside Pulumi first. @default false */
  refresh?: boolean;
  /** URNs of resources to replace, even if they have not changed. @default none */
  replace?: readonly string[];
}

interface StateResource {
  urn: string;
  parent?: string;
}

/** The program's stack on the sandbox. */
export class Stack {
  readonly #supervisor: Supervisor;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #config: readonly string[];
  readonly #dir: string;

  constructor(supervisor: Supervisor, sandbox: Ports & { environment: Record<string, string> }, dir: string) {
    this.#supervisor = supervisor;
    this.#environment = commandEnvironment(sandbox.environment);
    this.#dir = dir;
    const file = writeStackConfig(dir, sandbox);
    this.#config = file === undefined ? [] : ["--config-file", file];
  }

  /**
   * Creates the stack when it does not exist yet, without selecting it in the user's checkout. Removes the lock of a killed command.
   * @throws UserError when another command has locked it
   */
  async init(): Promise<void> {
    if (removeDeadLocks(this.#dir) > 0) console.error("Removed the lock of an earlier command that was killed.");
    const { exitCode, output } = await this.#capture(["stack", "init", "--no-select", STACK, "--non-interactive"]);
    if (exitCode === 0 || output.includes("already exists")) return;
    if (output.includes("currently locked"))
      throw new UserError({ code: "EP-CLI-08", step: "opening the stack", expected: "no lock on it", found: output });
    throw new UserError({ code: "EP-CLI-09", step: "creating the stack", expected: "exit code 0", found: output });
  }

  /** Creates or changes the program's resources. @returns the command's exit code */
  up({ refresh = false, replace = [] }: UpOptions = {}): Promise<number> {
    const replacements = replace.flatMap((urn) => ["--replace", urn]);
    return this.#show(["up", "--yes", "--skip-preview", ...(refresh ? ["--refresh"] : []), ...replacements]);
  }

  /** @returns 0 when an update would change nothing */
  previewUnchanged(): Promise<number> {
    return this.#show(["preview", "--expect-no-changes", "--suppress-permalink=true"]);
  }

  /** Removes everything. @returns the command's exit code */
  destroy(): Promise<number> {
    return this.#show(["destroy", "--yes", "--skip-preview", "--suppress-permalink=true"]);
  }

  /**
   * Runs a job of delivery as its workflow does.
   * @param job a job of `node delivery/main.ts`
   * @param summaryFile where the summary is written
   * @returns the command's exit code
   */
  async deliver(job: string, summaryFile: string): Promise<number> {
    // A killed job's temporary files are in the sandbox's own folder.
    const TMPDIR = join(this.#dir, "tmp");
    mkdirSync(TMPDIR, { recursive: true, mode: 0o700 });
    const options = ["--stack", STACK, "--summary", summaryFile, ...this.#config];
    return await this.#run([process.execPath, "delivery/main.ts", job, ...options], { ...printed(), env: { TMPDIR } });
  }

  /** Asks for what a first `up` needs, as the workflow does. @returns the command's exit code */
  preflight(): Promise<number> {
    return this.#run([process.execPath, "program/preflight/main.ts", "--stack", STACK, ...this.#config], printed());
  }

  /**
   * Asks the stack's deployment for the rows of the ledger.
   * @param args options of `node sandbox/ledger/main.ts`
   * @returns the command's exit code
   */
  probe(args: readonly string[]): Promise<number> {
    return this.#run([process.execPath, "sandbox/ledger/main.ts", "--stack", STACK, ...args], printed());
  }

  /** The stack's outputs; the engine masks secret ones. */
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

  async #resources(): Promise<StateResource[]> {
    const state = (await this.#read("state", ["export"])) as { deployment?: { resources?: StateResource[] } };
    return state.deployment?.resources ?? [];
  }

  /**
   * Runs a command and prints a line for each operation, on a terminal, too: the engine's table there reads the keyboard, Ctrl-C included, and
   * overwrites the sandbox's own lines.
   */
  async #show(args: readonly string[]): Promise<number> {
    const color = process.stdout.isTTY && process.stdout.hasColors() ? "always" : "never";
    const options = ["--suppress-outputs", ...this.#config, "--stack", STACK, "--non-interactive", "--color", color];
    return await this.#run(["pulumi", ...args, ...options], printed());
  }

  async #read(what: string, args: readonly string[]): Promise<unknown> {
    const { exitCode, output } = await this.#capture(["stack", ...args, "--stack", STACK]);
    if (exitCode === 0) return JSON.parse(output);
    const step = `reading the ${what} of the stack`;
    throw new UserError({ code: "EP-CLI-09", step, expected: "exit code 0", found: output });
  }

  async #capture(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
    const [lines, errors]: [string[], string[]] = [[], []];
    const exitCode = await this.#run(["pulumi", ...args], {
      onLine: (line) => lines.push(line),
      onErrorLine: (line) => errors.push(line),
    });
    return { exitCode, output: (exitCode === 0 ? lines : [...lines, ...errors]).join("\n") };
  }

  async #run(command: readonly string[], { env, ...options }: Partial<RunOptions>): Promise<number> {
    const environment = { ...this.#environment, ...env };
    return await this.#supervisor.run(command, { cwd: PROJECT, stdin: "ignore", env: environment, ...options });
  }
}

/** Prints the engine's lines that are of interest. */
function printed(): Pick<RunOptions, "onLine"> {
  return { onLine: withoutNoise((line) => console.log(line)) };
}

/**
 * Writes a copy of Pulumi.sandbox.yaml to the state folder of a sandbox with other ports or in another folder: the file in the repository has
 * the ports and file names of the default sandbox.
 * @returns the copy's path, or undefined when the sandbox needs none
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

/** Sets a key of the project, which may have the project's name before it: the CLI writes it in a file that it changes. */
function setConfig(document: Document, key: string, value: string | number): void {
  const written = Object.keys((document.toJS() as { config?: object }).config ?? {});
  document.setIn(["config", written.find((each) => each.endsWith(`:${key}`)) ?? key], value);
}
