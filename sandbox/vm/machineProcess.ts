import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Account } from "../postgres/binaries.ts";

/**
 * Runs "$@" as the leader of a process group and ends the whole group when descriptor 3 closes: on purpose, or because
 * this process is gone, however it went.
 */
const LEADER = `( read _ <&3; kill -KILL -$$ ) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** How a process ended. */
export interface Ending {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** A command on the VM, with everything it starts. */
export class MachineProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the command has ended and its output is complete; what it left running is ended then. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;

  constructor(command: readonly string[], options: { env: Record<string, string>; home: string; account?: Account }) {
    this.#child = spawn("/bin/sh", ["-c", LEADER, "sh", ...command], {
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      detached: true,
      cwd: options.home,
      env: options.env,
      ...(options.account ? { uid: options.account.uid, gid: options.account.gid } : {}),
    });
    const { stdin, stdout, stderr } = this.#child;
    if (!stdin || !stdout || !stderr) {
      throw new Error("A command of the sandbox's VM could not be started.");
    }
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    stdin.on("error", () => {}); // A command may end without reading all of its input.
    this.#child.on("exit", () => this.kill());
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (exitCode, signal) => resolve({ exitCode, signal }));
    });
    this.ended.catch(() => {}); // Whoever waits for it hears of it; nobody has to.
  }

  /** Sends a signal to the command alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the command and everything it started. */
  kill(): void {
    this.#child.stdio[3]?.destroy();
  }
}
