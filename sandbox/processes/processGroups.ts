import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { endProcesses, findProcesses, kill, MARK, signalCode } from "./processTree.ts";

/** How a command ended: its exit code, or the signal that ended it. */
export type GroupExit = { exitCode: number; signal?: never } | { signal: NodeJS.Signals; exitCode: number };

/** How a command is started. */
export interface GroupOptions {
  /** The whole environment; the mark by which the command's processes are found is added. */
  env: Record<string, string | undefined>;
  /** Working directory. */
  cwd: string;
  /** Account to run as. @default this process's own */
  account?: { uid: number; gid: number } | undefined;
  /** Whether the command makes a terminal for what it runs, and so needs no pipes. @default false */
  terminal?: boolean;
}

/**
 * Node gives a command sockets, of which `/dev/stdin`, `/dev/stdout` and `/dev/stderr` cannot be opened. Scripts do that (`echo oops >/dev/stderr`),
 * so the command gets pipes. One redirection a line: bash closes its own descriptors after each, and the command inherits none.
 * Signals for the group are the command's: what carries its output must outlive it.
 */
const WITH_PIPES = `ignore='trap "" HUP INT QUIT TERM USR1 USR2 ALRM'
exec < <(eval "$ignore"; exec cat 2>/dev/null)
exec > >(eval "$ignore"; exec cat 2>/dev/null)
exec 2> >(eval "$ignore"; exec cat >&2)
unset ignore
exec "$@"`;

/** Seconds between the request to end and SIGKILL. */
const GRACE = 1;

/** One running command with the processes it started. */
export class ProcessGroup {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the command has ended and its output has been read to the end; what it left in the background is ended then. */
  readonly ended: Promise<GroupExit>;
  readonly #pid: number | undefined;

  constructor(child: ChildProcessWithoutNullStreams, onEnd: () => void) {
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.#pid = child.pid;
    // A command may end without reading what it was given.
    child.stdin.on("error", () => {});
    this.ended = this.#watch(child).finally(onEnd);
    this.ended.catch(() => {});
  }

  /** Sends a signal to every process of the group. */
  signal(signal: NodeJS.Signals): void {
    if (this.#pid !== undefined) kill(-this.#pid, signal);
  }

  async #watch(child: ChildProcess): Promise<GroupExit> {
    const closed = new Promise((resolve) => child.once("close", resolve));
    const [exitCode, signal] = (await once(child, "exit")) as [number, null] | [null, NodeJS.Signals];
    this.stdin.destroy();
    await closed;
    this.signal("SIGKILL");
    return signal === null ? { exitCode } : { signal, exitCode: signalCode(signal) };
  }
}

/**
 * Runs commands, each in a process group and session of its own. None of their processes outlives {@link ProcessGroups.close} or
 * this process, however it ends: the watcher of process trees sees to that.
 */
export class ProcessGroups {
  readonly #mark = randomUUID();
  readonly #sessions = new Set<number>();
  readonly #watcher: ChildProcess;

  constructor() {
    this.#watcher = spawn(process.execPath, [new URL("./processWatcher.ts", import.meta.url).pathname, this.#mark], {
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

  /** Starts a command. A program that is not there ends with exit code 127. */
  start(command: readonly string[], options: GroupOptions): ProcessGroup {
    // Bash takes a socket as its input for a remote shell's and would read .bashrc.
    const prepare = ["--norc", "-c", options.terminal ? 'exec "$@"' : WITH_PIPES, "bash"];
    const child = spawn("bash", [...prepare, ...command], {
      stdio: "pipe",
      detached: true,
      cwd: options.cwd,
      env: { ...options.env, [MARK]: this.#mark },
      ...(options.account ? { uid: options.account.uid, gid: options.account.gid } : {}),
    });
    const { pid } = child;
    if (pid !== undefined) {
      this.#sessions.add(pid);
      this.#tellWatcher(`session ${pid}\n`);
    }
    return new ProcessGroup(child, () => {
      if (pid !== undefined) this.#sessions.delete(pid);
    });
  }

  /** Ends every process that was started, those in the background included. */
  async close(): Promise<void> {
    for (const session of this.#sessions) {
      kill(-session, "SIGTERM");
      // A shell with a person at it takes no SIGTERM.
      kill(-session, "SIGHUP");
    }
    await endProcesses(() => findProcesses(this.#mark, this.#sessions), GRACE);
    this.#tellWatcher("release\n");
    this.#watcher.stdin?.end();
    if (this.#watcher.pid !== undefined && this.#watcher.exitCode === null && this.#watcher.signalCode === null) {
      this.#watcher.ref();
      await once(this.#watcher, "exit");
    }
  }

  #tellWatcher(line: string): void {
    if (this.#watcher.stdin?.writable) this.#watcher.stdin.write(line);
  }
}
