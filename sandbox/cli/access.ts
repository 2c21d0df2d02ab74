import { setTimeout as delay } from "node:timers/promises";
import { attach } from "../control.ts";
import { type Shutdown, supervised, untilSignal } from "../processes/shutdown.ts";
import type { Supervisor } from "../processes/supervisor.ts";
import { readRunning } from "../running.ts";
import type { Sandbox, SandboxOptions } from "../sandbox.ts";
import { Stack } from "./stack.ts";

/** A sandbox to run commands against: this process's own, or one of another process. */
export interface Access {
  environment: Record<string, string>;
  databasePort: number;
  sshPort: number;
  /** Set when this process runs it. */
  sandbox?: Sandbox;
  /** Aborts when the sandbox of another process ends. */
  gone?: AbortSignal;
  /** Detaches from another process's sandbox. Stops this process's own, by default after the commands that others run against it. */
  close(atOnce?: boolean): Promise<void>;
}

/** Attaches to the sandbox that runs in this folder, or starts it. */
export async function openSandbox(options: SandboxOptions): Promise<Access> {
  const { dir, providers, log = () => {} } = options;
  const unused = providers === "real" || providers === "emulator" ? [`SANDBOX_PROVIDERS=${providers}`] : [];
  if (process.env.SANDBOX_AZURE) unused.push(`SANDBOX_AZURE=${process.env.SANDBOX_AZURE}`);
  for (;;) {
    const running = readRunning(dir);
    if (running) {
      const { environment, databasePort, sshPort } = running;
      for (const setting of unused)
        log(`${setting} changes nothing: a sandbox is up already. Stop that one first, or leave it out.`);
      const { detach, gone } = await attach(running);
      return { environment, databasePort, sshPort, gone, close: async () => detach() };
    }
    // Imported late: an attached command does not need the sandbox's parts.
    const { Sandbox, SandboxIsRunning } = await import("../sandbox.ts");
    try {
      const sandbox = await Sandbox.start(options);
      const { environment, databasePort, sshPort } = sandbox;
      return { environment, databasePort, sshPort, sandbox, close: (atOnce) => stop(sandbox, log, atOnce) };
    } catch (error) {
      if (!(error instanceof SandboxIsRunning)) throw error;
      await delay(100); // The other process is still starting. The next attempt shows whether it has started.
    }
  }
}

async function stop(sandbox: Sandbox, log: (line: string) => void, atOnce = false): Promise<void> {
  const { control } = sandbox;
  if (!atOnce && control.attached > 0) {
    log(`Waiting for ${control.attached} other command(s) that use this sandbox; Ctrl-C ends them.`);
    await Promise.race([control.unused(), untilSignal()]);
  }
  await sandbox.stop();
}

/** What a command works with while the sandbox is up. */
export interface SandboxRun {
  access: Access;
  supervisor: Supervisor;
  shutdown: Shutdown;
}

/** Options of {@link withSandbox}. */
export interface UseOptions extends SandboxOptions {
  /** Stops this process's own sandbox even while other processes use it. @default false */
  stopsAtOnce?: boolean;
  /** The end of the parent process counts as SIGHUP. @default false */
  endsWithParent?: boolean;
}

/**
 * Works with the sandbox of a folder: with the one that is up, else with a new one that stops at the end.
 * @returns the work's exit code, or that of the signal that made the work fail
 */
export async function withSandbox(options: UseOptions, work: (run: SandboxRun) => Promise<number>): Promise<number> {
  return await supervised({ endsWithParent: options.endsWithParent }, async (supervisor, shutdown) => {
    let access: Access | undefined;
    try {
      access = await openSandbox(options);
      access.gone?.addEventListener("abort", () => void supervisor.end("SIGTERM"));
      return await work({ access, supervisor, shutdown });
    } catch (error) {
      if (!shutdown.signal) throw error;
      return shutdown.exitCode(1);
    } finally {
      await supervisor.end();
      await access?.close(options.stopsAtOnce || shutdown.signal !== undefined);
    }
  });
}

/** What a command works with on the program's stack. */
export interface StackRun extends SandboxRun {
  stack: Stack;
}

/** Works with the program's stack on the sandbox of a folder, as {@link withSandbox}. */
export async function withStack(options: UseOptions, work: (run: StackRun) => Promise<number>): Promise<number> {
  return await withSandbox({ ...options, endsWithParent: true }, (run) =>
    work({ ...run, stack: new Stack(run.supervisor, run.access, options.dir) }),
  );
}
