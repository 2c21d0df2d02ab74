import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { kill } from "../../tools/pulumi/processes.ts";
import { endProcesses, findProcesses, MARK } from "./findProcesses.ts";

/** Options of {@link Supervisor.start}. */
export interface StartOptions extends Omit<SpawnOptions, "detached"> {
  /** The command's first signal when this process has ended; SIGKILL follows after a second. @default "SIGINT" */
  lastSignal?: NodeJS.Signals;
}

/** Options of {@link Supervisor.run}. */
export interface RunOptions {
  /** Environment of the command; the mark is added. */
  env: Record<string, string | undefined>;
  /** Working directory. @default the current one */
  cwd?: string;
  /** The command's standard input. @default "inherit" */
  stdin?: "inherit" | "ignore";
  /** Takes standard output line by line instead of the terminal. */
  onLine?: (line: string) => void;
  /** Takes standard error line by line instead of the terminal. */
  onErrorLine?: (line: string) => void;
}

/**
 * Starts commands so that none of their processes outlives this one, even if it is killed.
 *
 * Each command leads a session of its own. A process belongs to the supervisor if it is in the session of one of its commands, or has the
 * supervisor's mark in its environment. A process group would not do: the Pulumi CLI puts its plugins into groups of their own. A watcher
 * process ends them when this process has ended.
 */
export class Supervisor {
  readonly mark = randomUUID();
  readonly #watcher: ChildProcess;
  readonly #sessions = new Map<number, NodeJS.Signals>();
  #running = 0;
  #shutdown: NodeJS.Signals | undefined;

  constructor() {
    const script = new URL("watcher.sh", import.meta.url).pathname;
    this.#watcher = spawn("/bin/sh", [script, `${MARK}=${this.mark}`], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
      env: { PATH: process.env.PATH },
    });
    this.#watcher.on("error", () => {});
    this.#watcher.stdin?.on("error", () => {});
    this.#watcher.unref();
    (this.#watcher.stdin as unknown as { unref?: () => void }).unref?.();
  }

  /** Whether {@link run} runs a command. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Starts a command. */
  start([file = "", ...args]: readonly string[], options: StartOptions): ChildProcess {
    const { lastSignal = "SIGINT", ...others } = options;
    const child = spawn(file, args, { ...others, detached: true, env: { ...options.env, [MARK]: this.mark } });
    if (child.pid !== undefined) this.#sessions.set(child.pid, lastSignal);
    this.#tellWatcher();
    return child;
  }

  /** Forgets a command that has ended with all its processes: the kernel may reuse its session's id. */
  forget({ pid }: ChildProcess): void {
    if (pid !== undefined) this.#sessions.delete(pid);
    this.#tellWatcher();
  }

  /**
   * Runs a command to its end, then ends its background processes.
   * @returns its exit code: 0 to 255, or 128 plus the signal's number as shells count it
   * @throws Error when the command cannot be started
   */
  async run(command: readonly string[], options: RunOptions): Promise<number> {
    if (this.#shutdown) return signalCode(this.#shutdown);
    const { env, cwd, stdin = "inherit", onLine, onErrorLine } = options;
    const stdio = [stdin, onLine ? "pipe" : "inherit", onErrorLine ? "pipe" : "inherit"] as const;
    const child = this.start(command, { stdio: [...stdio], env, ...(cwd === undefined ? {} : { cwd }) });
    this.#running += 1;
    try {
      const lines = [readLines(child.stdout, onLine), readLines(child.stderr, onErrorLine)];
      const exitCode = await exitOf(child, command[0] ?? "");
      await this.#endSession(child);
      await Promise.all(lines);
      return exitCode;
    } finally {
      this.#running -= 1;
    }
  }

  /** Ends everything: `signal` to each command's process group, SIGKILL after `graceSeconds`. No command starts after it. */
  async end(signal: NodeJS.Signals = "SIGTERM", graceSeconds = 3): Promise<void> {
    this.#shutdown ??= signal;
    for (const session of this.#sessions.keys()) kill(-session, signal);
    await endProcesses(() => findProcesses(this.mark, new Set(this.#sessions.keys())), graceSeconds);
  }

  /** Ends everything, the watcher included. */
  async close(signal: NodeJS.Signals = "SIGTERM", graceSeconds = 3): Promise<void> {
    await this.end(signal, graceSeconds);
    this.#watcher.stdin?.end("released\n");
    if (this.#watcher.pid === undefined || this.#watcher.exitCode !== null || this.#watcher.signalCode !== null) return;
    this.#watcher.ref();
    await once(this.#watcher, "exit");
  }

  /** Ends the processes of a finished command's session; {@link close} ends those that left the session. */
  async #endSession(child: ChildProcess): Promise<void> {
    const find = () => findProcesses(undefined, new Set([child.pid ?? 0]));
    for (const pid of find()) kill(pid, "SIGTERM");
    await endProcesses(find, 3);
    this.forget(child);
  }

  #tellWatcher(): void {
    if (!this.#watcher.stdin?.writable) return;
    const sessions = [...this.#sessions].map(([id, signal]) => `${id}:${signal.slice("SIG".length)}`);
    this.#watcher.stdin.write(`${sessions.join(" ")}\n`);
  }
}

/** A shell's exit code for a command that a signal ended. */
export function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Waits for a command's end. @returns its exit code
 * @throws Error when it could not be started
 */
export async function exitOf(child: ChildProcess, file: string): Promise<number> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return signal ? signalCode(signal) : (code ?? 0);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? new Error(`Command not found: ${file}`) : error;
  }
}

async function readLines(stream: NodeJS.ReadableStream | null, onLine?: (line: string) => void): Promise<void> {
  if (!stream || !onLine) return;
  for await (const line of createInterface({ input: stream })) onLine(line);
}
