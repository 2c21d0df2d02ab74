import { Shutdown } from "../processes/shutdown.ts";
import { type RunOptions, Supervisor, signalCode } from "../processes/supervisor.ts";

/** Options of {@link execute}. */
export interface ExecuteOptions extends RunOptions {
  /** Seconds that the command has after a signal before it is killed. @default GRACE_SECONDS */
  graceSeconds?: number;
  /** Ends the command as SIGTERM does, within 3 s: the sandbox that it uses is gone. */
  abort?: AbortSignal;
}

/**
 * Runs one command until none of its processes is left. Signals reach it as {@link Shutdown} describes.
 * @returns its exit code
 * @throws Error when the command cannot be started
 */
export async function execute(command: readonly string[], options: ExecuteOptions): Promise<number> {
  const { graceSeconds, abort, ...others } = options;
  const supervisor = new Supervisor();
  const shutdown = new Shutdown(supervisor, {
    log: (line) => process.stderr.isTTY && console.error(line),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
  });
  const onAbort = () => void supervisor.end("SIGTERM");
  abort?.addEventListener("abort", onAbort);
  try {
    const exitCode = await supervisor.run(command, others);
    // A command that handled the signal reports its own exit code; one that was killed ends as the signal would have ended it.
    const wasKilled = exitCode === signalCode("SIGKILL");
    const signal = shutdown.signal ?? (abort?.aborted ? "SIGTERM" : undefined);
    return wasKilled && signal ? signalCode(signal) : exitCode;
  } finally {
    await supervisor.close();
    abort?.removeEventListener("abort", onAbort);
    shutdown.over();
  }
}
