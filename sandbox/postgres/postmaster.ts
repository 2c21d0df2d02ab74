import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { type Account, postgresEnvironment } from "./binaries.ts";

/**
 * Ends PostgreSQL when this process ends, SIGKILL included: the shell's standard input is a pipe that only this process holds.
 * A line in it names a signal to send; its end sends SIGQUIT, on which PostgreSQL stops at once and is bounded in time. When
 * PostgreSQL ends by itself the shell ends too, with its exit code.
 */
const GUARD = `exec 3<&0
"$@" </dev/null 3<&- & p=$!
{ while read -r s <&3; do kill -"$s" $p; done; kill -QUIT $p; } 2>/dev/null & w=$!
exec 3<&-
wait $p; r=$?
kill $w 2>/dev/null
exit $r`;

/** Seconds that a clean stop may take before PostgreSQL is stopped at once. */
const STOP_TIMEOUT = 10;

/** How a postmaster ended. */
export interface PostmasterExit {
  /** Whether it was told to. */
  expected: boolean;
  reason: string;
}

/** One run of the PostgreSQL server program. */
export class Postmaster {
  /** Resolves when PostgreSQL has ended. */
  readonly ended: Promise<PostmasterExit>;

  readonly #guard: ChildProcess;
  readonly #input: Writable;
  #running = true;
  #stopping = false;

  constructor(options: { program: string; args: string[]; account: Account | undefined; logPath: string }) {
    const log = openSync(options.logPath, "a", 0o600);
    const identity = options.account ? { uid: options.account.uid, gid: options.account.gid } : {};
    this.#guard = spawn("/bin/sh", ["-c", GUARD, "sh", options.program, ...options.args], {
      cwd: "/",
      env: postgresEnvironment(),
      stdio: ["pipe", "ignore", log],
      // Ctrl-C in a terminal reaches the whole foreground group: PostgreSQL is to be stopped in order, by this process.
      detached: true,
      ...identity,
    });
    closeSync(log);
    this.#input = this.#guard.stdin as Writable;
    this.#input.on("error", () => {});
    this.ended = this.#watch();
  }

  get running(): boolean {
    return this.#running;
  }

  /** Ends sessions, writes the data and stops; at once if that takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#input.write("INT\n");
    const timer = setTimeout(() => this.#input.end(), STOP_TIMEOUT * 1000);
    await this.ended;
    clearTimeout(timer);
    this.#input.destroy();
  }

  async #watch(): Promise<PostmasterExit> {
    let reason: string;
    try {
      const [code, signal] = (await once(this.#guard, "exit")) as [number | null, NodeJS.Signals | null];
      reason = signal ? `its guard was ended by ${signal}` : describe(code ?? 0);
    } catch (error) {
      reason = `/bin/sh could not be started: ${String(error)}`;
    }
    this.#running = false;
    return { expected: this.#stopping, reason };
  }
}

/** A shell reports a signal as 128 plus its number. */
function describe(code: number): string {
  return code > 128 ? `it was ended by signal ${code - 128}` : `it ended with code ${code}`;
}
