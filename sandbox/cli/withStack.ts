import { Shutdown } from "../processes/shutdown.ts";
import { Supervisor, signalCode } from "../processes/supervisor.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { type Access, openSandbox } from "./access.ts";
import { Stack } from "./stack.ts";

/** What a command works with while the sandbox is up. */
export interface StackRun {
  stack: Stack;
  access: Access;
  shutdown: Shutdown;
  /** The mark of the processes that the command starts. */
  mark: string;
}

/** Options of {@link withStack}. */
export interface WithStackOptions extends SandboxOptions {
  /** Stops the own sandbox even while other processes use it. @default false */
  stopsAtOnce?: boolean;
}

/**
 * Works with the program's stack on the sandbox of a folder: on the one that is up, else on one of its own that it stops at the end.
 * @returns the work's exit code, or that of the signal that made the work fail
 */
export async function withStack(options: WithStackOptions, work: (run: StackRun) => Promise<number>): Promise<number> {
  const supervisor = new Supervisor();
  const shutdown = new Shutdown(supervisor, { endsWithParent: true });
  let access: Access | undefined;
  try {
    access = await openSandbox(options);
    access.gone?.addEventListener("abort", () => void supervisor.end("SIGTERM"));
    const stack = new Stack(supervisor, access, options.dir);
    return await work({ stack, access, shutdown, mark: supervisor.mark });
  } catch (error) {
    if (!shutdown.signal) throw error;
    return signalCode(shutdown.signal);
  } finally {
    await supervisor.close();
    await access?.close(options.stopsAtOnce || shutdown.signal !== undefined);
    shutdown.over();
  }
}
