import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { kill } from "../../tools/pulumi/processes.ts";
import { type Supervisor, signalCode } from "./supervisor.ts";

/** How a command ended. */
export interface GroupExit {
  exitCode: number;
  /** The signal that ended it. */
  signal?: NodeJS.Signals;
}

/** How a command is started. */
export interface GroupOptions {
  /** The whole environment; the supervisor's mark is added. */
  env: Record<string, string | undefined>;
  /** Working directory. */
  cwd: string;
  /** Account to run as. @default this process's own */
  account?: { uid: number; gid: number } | undefined;
  /** The command makes a terminal itself, so it needs no pipes. @default false */
  terminal?: boolean;
}

/**
 * Gives a command pipes in place of Node's sockets, because a script cannot open a socket as `/dev/stderr`. One redirection a line: bash closes its
 * own descriptors after each, and the command inherits none. Signals of the group are for the command: the processes of the pipes ignore them.
 */
const WITH_PIPES = `ignore='trap "" HUP INT QUIT TERM USR1 USR2 ALRM'
exec < <(eval "$ignore"; exec cat 2>/dev/null)
exec > >(eval "$ignore"; exec cat 2>/dev/null)
exec 2> >(eval "$ignore"; exec cat >&2)
unset ignore
exec "$@"`;

/** A running command with its child processes, and pipes to it. */
export class ProcessGroup {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the command has ended, its output has been read and its background processes are killed. */
  readonly ended: Promise<GroupExit>;
  readonly #child: ChildProcess;

  /** Starts a command. A program that does not exist ends with exit code 127. */
  constructor(supervisor: Supervisor, command: readonly string[], options: GroupOptions) {
    const { env, cwd, account, terminal } = options;
    // With a socket as its input bash reads .bashrc, as for a remote shell.
    const prepare = ["bash", "--norc", "-c", terminal ? 'exec "$@"' : WITH_PIPES, "bash"];
    const identity = account ? { uid: account.uid, gid: account.gid } : {};
    const child = supervisor.start([...prepare, ...command], { stdio: "pipe", env, cwd, ...identity });
    this.#child = child;
    this.stdin = child.stdin as Writable;
    this.stdout = child.stdout as Readable;
    this.stderr = child.stderr as Readable;
    // A command may end without reading its input.
    this.stdin.on("error", () => {});
    this.ended = this.#watch().finally(() => supervisor.forget(child));
    this.ended.catch(() => {});
  }

  /** Sends a signal to every process of the group. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) kill(-this.#child.pid, signal);
  }

  async #watch(): Promise<GroupExit> {
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    const [exitCode, signal] = (await once(this.#child, "exit")) as [number, null] | [null, NodeJS.Signals];
    this.stdin.destroy();
    await closed;
    this.signal("SIGKILL");
    return signal === null ? { exitCode } : { signal, exitCode: signalCode(signal) };
  }
}
