import { ProcessTree, type RunOptions, signalCode } from "../processes/processTree.ts";
import { GRACE_SECONDS, stoppingLine } from "../processes/shutdown.ts";

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Options of {@link execute}. */
export interface ExecuteOptions extends RunOptions {
  /** Time a command has to end after a signal, in seconds, before it is killed. @default GRACE_SECONDS */
  graceSeconds?: number;
  /** Aborting it ends the command as SIGTERM does, within 3 s: the sandbox it runs against is gone, there is little left to finish. */
  abort?: AbortSignal;
}

/**
 * Runs one command and returns its exit code once none of its processes is left. SIGINT, SIGTERM and SIGHUP are passed on to
 * it, once; what still runs after the grace time, or when SIGINT or SIGTERM comes again, is killed. When this process is killed,
 * a watcher does the same.
 * @throws Error when the command cannot be started
 */
export async function execute(command: readonly string[], options: ExecuteOptions): Promise<number> {
  const tree = new ProcessTree();
  let received: NodeJS.Signals | undefined;
  const graceSeconds = options.graceSeconds ?? GRACE_SECONDS;
  const end = (signal: NodeJS.Signals) => {
    if (received) {
      // A closed terminal sends SIGHUP more than once.
      if (signal !== "SIGHUP") void tree.end("SIGKILL", 0);
      return;
    }
    received = signal;
    if (process.stderr.isTTY) console.error(stoppingLine(graceSeconds));
    void tree.end(signal, graceSeconds);
  };
  const abort = () => {
    received ??= "SIGTERM";
    void tree.end("SIGTERM", Math.min(graceSeconds, 3));
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, end);
  options.abort?.addEventListener("abort", abort);
  try {
    const { exitCode } = await tree.run(command, options);
    // A command that handled the signal says itself how it went; one that was killed ends as the signal would have ended it.
    return received && exitCode === signalCode("SIGKILL") ? signalCode(received) : exitCode;
  } finally {
    await tree.close();
    options.abort?.removeEventListener("abort", abort);
    for (const signal of ENDING_SIGNALS) process.off(signal, end);
  }
}

/** Resolves at the first of SIGINT, SIGTERM and SIGHUP, which then does not end the process at once. */
export function untilSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ENDING_SIGNALS) process.once(signal, resolve);
  return promise;
}
