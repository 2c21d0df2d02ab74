import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SandboxOptions } from "../sandbox.ts";
import { withStack } from "./access.ts";

/** Options of {@link previewOnSandbox}. */
export interface PreviewOptions extends SandboxOptions {
  /** File of the summary. @default `preview.md` in the sandbox's folder */
  summaryFile?: string | undefined;
}

/**
 * Runs what the workflow of a pull request runs, against the sandbox: a preview with the policy pack, and its summary.
 * @returns the exit code
 */
export async function previewOnSandbox(options: PreviewOptions): Promise<number> {
  const summaryFile = options.summaryFile ?? join(options.dir, "preview.md");
  return await withStack(options, async ({ stack, shutdown }) => {
    await stack.init();
    rmSync(summaryFile, { force: true });
    const exitCode = await stack.deliver("preview", summaryFile);
    if (existsSync(summaryFile) && !shutdown.signal)
      console.log(`\n${summaryHead(readFileSync(summaryFile, "utf8"))}\n\nThe whole summary: ${summaryFile}`);
    return shutdown.exitCode(exitCode);
  });
}

/** The part of a summary for a terminal: the text before its first table or list of changes. */
export function summaryHead(summary: string): string {
  return (summary.split(/^(?=\||### Changes|<details>|\*\*These rules wait)/m)[0] ?? "").trim();
}
