import { type Supervisor, signalCode } from "./supervisor.ts";

/**
 * Seconds that a command has after a signal before it is killed. Pulumi waits for what its providers do, and a Pulumi that is killed
 * leaves its stack locked, so the time is ample.
 */
export const GRACE_SECONDS = 30;

/** Seconds that closing everything may take once the commands have ended; what hangs then is left to its own watchers. */
const CLOSE_SECONDS = 4.5;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How the process reacts to signals. */
export interface ShutdownOptions {
  /** Takes one line when a command runs. @default standard error */
  log?: (line: string) => void;
  /** Seconds that commands have after a signal. @default GRACE_SECONDS */
  graceSeconds?: number;
  /** The process that started this one is make: its end counts as SIGHUP, since make cannot pass SIGKILL on. @default false */
  endsWithParent?: boolean;
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
        // A closed terminal sends SIGHUP, and its shell sends another: nobody asks for a quicker end by that.
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

  /** Everything is closed: signals end the process again, as they do by themselves. */
  over(): void {
    this.#isOver = true;
    clearTimeout(this.#limit);
    clearInterval(this.#parentCheck);
    for (const signal of SIGNALS) process.off(signal, this.#end);
  }
}

/** Resolves at the first signal that asks this process to end, which then does not end it at once. */
export function untilSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of SIGNALS) process.once(signal, resolve);
  return promise;
}
