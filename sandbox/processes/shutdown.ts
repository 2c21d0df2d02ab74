import { Supervisor, signalCode } from "./supervisor.ts";

/**
 * Seconds that a command has after a signal before it is killed. The time is long, because Pulumi waits for its providers, and leaves its stack
 * locked when it is killed.
 */
export const GRACE_SECONDS = 30;

/** Seconds to close everything once the commands have ended. Then this process ends, and the watchers kill the rest. */
const CLOSE_SECONDS = 4.5;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How the process reacts to signals. */
export interface ShutdownOptions {
  /** Takes one line when a command runs. @default standard error */
  log?: (line: string) => void;
  /** Seconds that commands have after a signal. @default GRACE_SECONDS */
  graceSeconds?: number;
  /** The end of the parent process counts as SIGHUP: a killed make cannot pass SIGKILL on. @default false */
  endsWithParent?: boolean | undefined;
}

/**
 * Ctrl-C (SIGINT), SIGTERM or SIGHUP waits for the supervisor's running commands, which get the signal, and starts no more. A second
 * SIGINT or SIGTERM kills them.
 */
export class Shutdown {
  /** The signal that came first. */
  signal: NodeJS.Signals | undefined;
  /** No command ran when the signal came. */
  wasIdle = false;
  /** Resolves at the first signal. */
  readonly received: Promise<void>;
  readonly #parentCheck: NodeJS.Timeout | undefined;
  readonly #end: (signal: NodeJS.Signals) => void;
  #limit: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(supervisor: Supervisor, options: ShutdownOptions = {}) {
    const { log = console.error, graceSeconds = GRACE_SECONDS } = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.received = promise;
    this.#end = (signal) => {
      if (this.signal) {
        // A closed terminal sends SIGHUP, and its shell sends another: neither asks for a quicker end.
        if (signal !== "SIGHUP") void supervisor.end("SIGKILL", 0);
        return;
      }
      this.signal = signal;
      this.wasIdle = !supervisor.isBusy;
      if (supervisor.isBusy)
        log(`\nStopping: waiting for the running command, for ${graceSeconds} s at most. Ctrl-C again kills it.`);
      void supervisor.end(signal, graceSeconds).then(() => {
        if (this.#isOver) return;
        this.#limit = setTimeout(() => process.exit(signalCode(signal)), CLOSE_SECONDS * 1000).unref();
      });
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, this.#end);
    const parent = process.ppid;
    if (options.endsWithParent)
      this.#parentCheck = setInterval(() => process.ppid !== parent && this.#end("SIGHUP"), 250);
  }

  /** @returns the exit code for the signal that came, else the given one */
  exitCode(otherwise: number): number {
    return this.signal ? signalCode(this.signal) : otherwise;
  }

  /** Ends the handling: signals end the process again. */
  over(): void {
    this.#isOver = true;
    clearTimeout(this.#limit);
    clearInterval(this.#parentCheck);
    for (const signal of SIGNALS) process.off(signal, this.#end);
  }
}

/**
 * Runs work that starts commands. None of their processes outlives it, and signals act as {@link Shutdown} describes.
 * @returns the work's exit code; the signal's for a command that was killed after a signal
 */
export async function supervised(
  options: ShutdownOptions,
  work: (supervisor: Supervisor, shutdown: Shutdown) => Promise<number>,
): Promise<number> {
  const supervisor = new Supervisor();
  const shutdown = new Shutdown(supervisor, options);
  try {
    const exitCode = await work(supervisor, shutdown);
    // A command that handles the signal reports its own exit code.
    return exitCode === signalCode("SIGKILL") ? shutdown.exitCode(exitCode) : exitCode;
  } finally {
    await supervisor.close();
    shutdown.over();
  }
}

/** Resolves at the first signal that would end this process, which the signal then does not. */
export function untilSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of SIGNALS) process.once(signal, resolve);
  return promise;
}
