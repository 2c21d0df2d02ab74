import { type ProcessTree, signalCode } from "./processTree.ts";

/** After a signal everything is to be over within 5 s; what hangs by then is left to its own watchers. */
const STOP_LIMIT_SECONDS = 4.5;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Waits for the signals that end the run, and for the end of the process that started it; then ends what runs in the tree. */
export class Ending {
  signal: NodeJS.Signals | undefined;
  /** Nothing was being changed when the signal came. */
  wasIdle = false;
  readonly received: Promise<void>;
  readonly #parentCheck: NodeJS.Timeout;
  readonly #off: () => void;

  constructor(tree: ProcessTree) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.received = promise;
    const end = (signal: NodeJS.Signals) => {
      if (this.signal) return;
      this.signal = signal;
      this.wasIdle = !tree.isBusy;
      setTimeout(() => process.exit(signalCode(signal)), STOP_LIMIT_SECONDS * 1000).unref();
      void tree.end(signal, 2.5);
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

  over(): void {
    clearInterval(this.#parentCheck);
    this.#off();
  }
}
