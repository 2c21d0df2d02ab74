import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Shutdown } from "../processes/shutdown.ts";
import { Supervisor, signalCode } from "../processes/supervisor.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { type Access, openSandbox } from "./access.ts";
import { Stack } from "./stack.ts";

/** Options of {@link previewOnSandbox}. */
export interface PreviewOptions extends SandboxOptions {
  /** Where the summary is written. @default `preview.md` in the sandbox's folder */
  summaryFile?: string | undefined;
}

/**
 * Does what the workflow of a pull request does, against the sandbox: a preview with the policy pack and its summary. Starts the sandbox where
 * it is not up, and stops what it started.
 * @returns the exit code
 */
export async function previewOnSandbox(options: PreviewOptions): Promise<number> {
  const summaryFile = options.summaryFile ?? join(options.dir, "preview.md");
  const supervisor = new Supervisor();
  const shutdown = new Shutdown(supervisor, { endsWithParent: true });
  let access: Access | undefined;
  try {
    access = await openSandbox(options);
    const stack = new Stack(supervisor, access, options.dir);
    await stack.init();
    rmSync(summaryFile, { force: true });
    const exitCode = await stack.deliver("preview", summaryFile);
    if (shutdown.signal) return signalCode(shutdown.signal);
    if (existsSync(summaryFile)) {
      console.log(`\n${summaryHead(readFileSync(summaryFile, "utf8"))}\n\nThe whole summary: ${summaryFile}`);
    }
    return exitCode;
  } finally {
    await supervisor.close();
    await access?.close(shutdown.signal !== undefined);
    shutdown.over();
  }
}

/** What of a summary a terminal shows: all before its first table or list of changes. */
export function summaryHead(summary: string): string {
  const lines = summary.split("\n");
  const end = lines.findIndex((line) => /^(\||### Changes|<details>|\*\*These rules wait)/.test(line));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .join("\n")
    .trim();
}
