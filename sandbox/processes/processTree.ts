import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** The environment variable that marks every process of one tree, so that it is found wherever it moved to. */
export const MARK = "ENTRA_POSTGRES_PROCESS_TREE";

/** How a command of the tree is run. */
export interface RunOptions {
  /** Environment of the command; the mark is added. */
  env: Record<string, string | undefined>;
  /** Working directory. @default the current one */
  cwd?: string;
  /** What the command reads. @default "inherit" */
  stdin?: "inherit" | "ignore";
  /** Takes standard output line by line instead of the terminal. */
  onLine?: (line: string) => void;
  /** Takes standard error line by line instead of the terminal. */
  onErrorLine?: (line: string) => void;
}

/** What became of a command: 0 to 255, or 128 plus the signal's number as shells count it. */
export interface Outcome {
  exitCode: number;
}

/**
 * Runs commands so that none of their processes is left behind, whatever ends this process, SIGKILL included.
 *
 * Each command leads a session of its own. The Pulumi CLI puts its plugins into process groups of their own, so a process group
 * is not enough to find them: a process belongs to the tree when it is in the session of one of its commands or carries the
 * tree's mark in its environment. A watcher process ends the tree when this process is gone.
 */
export class ProcessTree {
  readonly mark = randomUUID();
  readonly #watcher: ChildProcess;
  readonly #sessions = new Set<number>();
  readonly #running = new Set<ChildProcess>();
  #shutdown: NodeJS.Signals | undefined;

  constructor() {
    this.#watcher = spawn(process.execPath, [new URL("processWatcher.ts", import.meta.url).pathname, this.mark], {
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

  /**
   * Runs one command to its end, then ends what it left running.
   * @throws Error when the command cannot be started
   */
  async run(command: readonly string[], options: RunOptions): Promise<Outcome> {
    const [file, ...args] = command;
    if (file === undefined) throw new Error("No command given.");
    if (this.#shutdown) return { exitCode: signalCode(this.#shutdown) };
    const stdio: StdioOptions = [
      options.stdin ?? "inherit",
      options.onLine ? "pipe" : "inherit",
      options.onErrorLine ? "pipe" : "inherit",
    ];
    const child = spawn(file, args, {
      stdio,
      detached: true,
      env: { ...options.env, [MARK]: this.mark },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (child.pid !== undefined) {
      this.#sessions.add(child.pid);
      this.#tellWatcher(`session ${child.pid}\n`);
    }
    this.#running.add(child);
    try {
      const lines = [readLines(child.stdout, options.onLine), readLines(child.stderr, options.onErrorLine)];
      const outcome = await ended(child, file);
      await this.#sweep(child.pid);
      await Promise.all(lines);
      return outcome;
    } finally {
      this.#running.delete(child);
    }
  }

  /** Whether a command runs. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Ends everything: `signal` to each running command's process group, SIGKILL to what is left after `graceSeconds`. */
  async end(signal: NodeJS.Signals = "SIGTERM", graceSeconds = 3): Promise<void> {
    this.#shutdown ??= signal;
    for (const child of this.#running) if (child.pid !== undefined) kill(-child.pid, signal);
    await endProcesses(() => findProcesses(this.mark, this.#sessions), graceSeconds);
  }

  /** Ends everything, the watcher included. */
  async close(): Promise<void> {
    await this.end("SIGTERM");
    this.#tellWatcher("release\n");
    this.#watcher.stdin?.end();
    if (this.#watcher.exitCode === null && this.#watcher.signalCode === null) {
      this.#watcher.ref();
      await once(this.#watcher, "exit");
    }
  }

  /** Ends what a finished command left running in the background. */
  async #sweep(session: number | undefined): Promise<void> {
    const others = [...this.#running].some((child) => child.pid !== session);
    // While other commands run, their processes carry the same mark: then only the session tells.
    const find = () => findProcesses(others ? undefined : this.mark, new Set(session === undefined ? [] : [session]));
    for (const pid of find()) kill(pid, "SIGTERM");
    await endProcesses(find, 3);
    if (session !== undefined) this.#sessions.delete(session);
  }

  #tellWatcher(line: string): void {
    if (this.#watcher.stdin?.writable) this.#watcher.stdin.write(line);
  }
}

/** Waits until `find` finds nothing; after `graceSeconds` it kills what is still found. */
export async function endProcesses(find: () => number[], graceSeconds: number): Promise<void> {
  const deadline = Date.now() + graceSeconds * 1000;
  while (find().length > 0) {
    if (Date.now() >= deadline) for (const pid of find()) kill(pid, "SIGKILL");
    // The processes are not this one's children, so there is nothing to wait on: look again.
    await delay(20);
  }
}

/**
 * Live processes (zombies are none) that carry the mark or are in one of the sessions, without this one.
 * Reads Linux's `/proc`.
 */
export function findProcesses(mark: string | undefined, sessions: ReadonlySet<number>): number[] {
  const needle = mark === undefined ? undefined : `${MARK}=${mark}\0`;
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && belongs(pid, needle, sessions));
}

function belongs(pid: number, needle: string | undefined, sessions: ReadonlySet<number>): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return false;
    if (sessions.has(Number(session))) return true;
    return needle !== undefined && `${readFileSync(`/proc/${pid}/environ`, "latin1")}\0`.includes(needle);
  } catch {
    return false; // It ended meanwhile, or is another user's.
  }
}

/** The live processes that this process started and that have not ended. */
export function childProcesses(parent: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      if (!(pid > 0)) return false;
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return Number(ppid) === parent && state !== "Z" && state !== "X";
      } catch {
        return false;
      }
    });
}

/** Sends a signal; a process that is already gone is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** The exit code shells give for an end by signal. */
export function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function ended(child: ChildProcess, file: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new Error(`Command not found: ${file}`) : error),
    );
    child.once("exit", (code, signal) => resolve({ exitCode: signal ? signalCode(signal) : (code ?? 0) }));
  });
}

async function readLines(stream: NodeJS.ReadableStream | null, onLine?: (line: string) => void): Promise<void> {
  if (!stream || !onLine) return;
  for await (const line of createInterface({ input: stream })) onLine(line);
}
