import { UserError } from "entra-postgres/errors";
import { commandEnvironment, shownEnvironment } from "../environment.ts";
import { Shutdown, untilSignal } from "../processes/shutdown.ts";
import { type RunOptions, Supervisor, signalCode } from "../processes/supervisor.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { openSandbox } from "./access.ts";
import { writeStackConfig } from "./stack.ts";

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

/** Runs a command against the sandbox; without one, keeps the sandbox up until a signal. @returns the exit code */
export async function runAgainstSandbox(options: SandboxOptions, words?: readonly string[]): Promise<number> {
  const access = await openSandbox(options);
  let signalled = false;
  const signal = untilSignal().then(() => {
    signalled = true;
  });
  try {
    const config = writeStackConfig(options.dir, access);
    if (config !== undefined && access.sandbox)
      options.log?.(`For this repository's own program: --config-file ${config} has these ports.`);
    if (words) {
      const abort = access.gone ? { abort: access.gone } : {};
      return await execute(words, { env: commandEnvironment(access.environment), ...abort });
    }
    const found = "a sandbox that is up";
    if (!access.sandbox)
      throw new UserError({ code: "EP-CLI-05", step: "starting the sandbox", expected: "no other one", found });
    options.log?.("The sandbox is up. Ctrl-C stops it.");
    await signal;
    return 0;
  } finally {
    await access.close(signalled);
  }
}

/** Prints what {@link runAgainstSandbox} sets in a command's environment. @returns 0 */
export async function showEnvironment(options: SandboxOptions): Promise<number> {
  const access = await openSandbox(options);
  console.log(shownEnvironment(access.environment));
  await access.close();
  return 0;
}
