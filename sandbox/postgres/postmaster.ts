import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { type Account, CLEAN_ENVIRONMENT } from "../accounts.ts";
import { Supervisor } from "../processes/supervisor.ts";

/** Seconds that a clean stop may take before PostgreSQL is stopped at once. */
const STOP_TIMEOUT = 10;

/** How a postmaster ended. */
export interface PostmasterExit {
  /** Whether {@link Postmaster.stop} was called. */
  expected: boolean;
  reason: string;
}

/** One run of the PostgreSQL server program. It ends with this process. */
export class Postmaster {
  /** Resolves when PostgreSQL has ended. */
  readonly ended: Promise<PostmasterExit>;
  running = true;

  readonly #supervisor = new Supervisor();
  readonly #child: ChildProcess;
  #stopping = false;

  constructor(command: string[], { uid, gid }: Account, logPath: string) {
    const log = openSync(logPath, "a", 0o600);
    this.#child = this.#supervisor.start(command, {
      cwd: "/",
      env: CLEAN_ENVIRONMENT,
      stdio: ["ignore", "ignore", log],
      // PostgreSQL stops at once and in bounded time on SIGQUIT.
      lastSignal: "SIGQUIT",
      uid,
      gid,
    });
    closeSync(log);
    this.ended = this.#watch();
  }

  /** Ends sessions, writes the data and stops; at once if that takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.kill("SIGINT");
    const timer = setTimeout(() => this.#child.kill("SIGQUIT"), STOP_TIMEOUT * 1000);
    await this.ended;
    clearTimeout(timer);
  }

  async #watch(): Promise<PostmasterExit> {
    let reason: string;
    try {
      const [code, signal] = (await once(this.#child, "exit")) as [number | null, NodeJS.Signals | null];
      reason = signal ? `it was ended by ${signal}` : `it ended with code ${code}`;
    } catch (error) {
      reason = `it could not be started: ${String(error)}`;
    }
    this.running = false;
    await this.#supervisor.close();
    return { expected: this.#stopping, reason };
  }
}
