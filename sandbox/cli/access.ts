import { setTimeout as delay } from "node:timers/promises";
import { attach } from "../control.ts";
import { untilSignal } from "../processes/shutdown.ts";
import { readRunning } from "../running.ts";
import type { Sandbox, SandboxOptions } from "../sandbox.ts";

/** A sandbox to run commands against: this process's own, or one that another process runs. */
export interface Access {
  environment: Record<string, string>;
  databasePort: number;
  sshPort: number;
  /** Set when this process runs it. */
  sandbox?: Sandbox;
  /** Aborts when the sandbox of another process is gone. */
  gone?: AbortSignal;
  /** Lets go of it. The own one waits for the commands that others run against it, unless told `now`, then stops. */
  close(now?: boolean): Promise<void>;
}

/** Attaches to the sandbox that runs in this folder, or starts it. */
export async function openSandbox(options: SandboxOptions): Promise<Access> {
  for (;;) {
    const running = readRunning(options.dir);
    if (running) {
      const { environment, databasePort, sshPort } = running;
      if (options.providers === "real" || options.providers === "emulator")
        options.log?.(
          `SANDBOX_PROVIDERS=${options.providers} changes nothing: a sandbox is up already. Stop that one first, or leave it out.`,
        );
      const { detach, gone } = await attach(running);
      return { environment, databasePort, sshPort, gone, close: async () => detach() };
    }
    // Loaded late: an attached command does not need the sandbox's parts.
    const { Sandbox, SandboxIsRunning } = await import("../sandbox.ts");
    try {
      const sandbox = await Sandbox.start(options);
      const { environment, databasePort, sshPort } = sandbox;
      return { environment, databasePort, sshPort, sandbox, close: (now) => finish(sandbox, options, now) };
    } catch (error) {
      if (!(error instanceof SandboxIsRunning)) throw error;
      await delay(100); // The other process is still starting; when it has started or failed, the next attempt shows it.
    }
  }
}

async function finish(sandbox: Sandbox, options: SandboxOptions, now = false): Promise<void> {
  if (!now && sandbox.control.attached > 0) {
    options.log?.(`Waiting for ${sandbox.control.attached} other command(s) that use this sandbox; Ctrl-C ends them.`);
    await Promise.race([sandbox.control.unused(), untilSignal()]);
  }
  await sandbox.stop();
}
