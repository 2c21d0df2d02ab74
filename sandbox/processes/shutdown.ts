import { type ProcessTree, signalCode } from "./processTree.ts";

/**
 * Time that a command has to come to its end after a signal, in seconds, before it is killed. Pulumi then waits for what its providers are at,
 * and one that is killed leaves its stack locked, so it is ample.
 */
export const GRACE_SECONDS = 30;

/** Once the commands are over, the rest is to be within 5 s; what hangs by then is left to its own watchers. */
const STOP_LIMIT_SECONDS = 4.5;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What is told, and what becomes of it, when a signal comes while a command runs. */
export interface ShutdownOptions {
  /** Takes one line. @default standard error */
  log?: (line: string) => void;
  /** Time that commands have after a signal, in seconds. @default GRACE_SECONDS */
  graceSeconds?: number;
}

/**
 * Waits for the signals that end the run, and for the end of the process that started it; then ends what runs in the tree in good order. A
 * second Ctrl-C (SIGINT or SIGTERM) kills it.
 */
export class Shutdown {
  signal: NodeJS.Signals | undefined;
  /** Nothing was being changed when the signal came. */
  wasIdle = false;
  readonly received: Promise<void>;
  readonly #parentCheck: NodeJS.Timeout;
  readonly #off: () => void;
  #limit: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(tree: ProcessTree, options: ShutdownOptions = {}) {
    const { log = console.error, graceSeconds = GRACE_SECONDS } = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.received = promise;
    const end = (signal: NodeJS.Signals) => {
      if (this.signal) {
        // A closed terminal sends SIGHUP, and its shell sends another: that is nobody's wish to have it over at once.
        if (signal !== "SIGHUP") void tree.end("SIGKILL", 0);
        return;
      }
      this.signal = signal;
      this.wasIdle = !tree.isBusy;
      if (tree.isBusy) log(stoppingLine(graceSeconds));
      void tree.end(signal, graceSeconds).then(() => {
        if (this.#isOver) return;
        this.#limit = setTimeout(() => process.exit(signalCode(signal)), STOP_LIMIT_SECONDS * 1000).unref();
      });
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, end);
    // make cannot pass SIGKILL on, so this process looks whether make is still there.
    const parent = process.ppid;
    this.#parentCheck = setInterval(() => process.ppid !== parent && end("SIGHUP"), 250);
    this.#off = () => {
      for (const signal of SIGNALS) process.off(signal, end);
    };
  }

  /** Everything is closed: signals end the process again, as they do by themselves. */
  over(): void {
    this.#isOver = true;
    clearTimeout(this.#limit);
    clearInterval(this.#parentCheck);
    this.#off();
  }
}

/** What a person reads who pressed Ctrl-C while a command runs. */
export function stoppingLine(graceSeconds: number): string {
  return `\nStopping: what runs comes to its end first, for ${graceSeconds} s at most. Ctrl-C again kills it.`;
}
