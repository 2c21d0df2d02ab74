import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { killGroup } from "./processes.ts";

/** One long piece of work: a command whose output goes to a log file while a line on the terminal tells that it is going on. */
export interface Step {
  /** What is being done, as the progress line tells it. */
  label: string;
  command: readonly string[];
  cwd: string;
  env?: Record<string, string | undefined>;
  /** After this many seconds it is ended and counts as failed. */
  limitSeconds: number;
}

/**
 * Runs a step. On a terminal the progress line is rewritten each second, otherwise a new line comes every 15 s.
 * @returns the command's standard output and error
 * @throws Error with the last lines of the output when the command fails, cannot start or takes too long
 */
export async function runStep(step: Step, logFolder: string): Promise<string> {
  const [file = "", ...args] = step.command;
  const log = join(logFolder, "output.log");
  const handle = openSync(log, "w");
  const begun = Date.now();
  const child = spawn(file, args, {
    cwd: step.cwd,
    env: step.env ?? process.env,
    stdio: ["ignore", handle, handle],
    detached: true,
  });
  closeSync(handle);
  const endGroup = () => killGroup(child);
  process.once("exit", endGroup);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    endGroup();
  }, step.limitSeconds * 1000);
  const progress = setInterval(() => say(step.label, begun), process.stderr.isTTY ? 1000 : 15_000);
  if (process.stderr.isTTY) say(step.label, begun);
  try {
    const failure = await new Promise<string | undefined>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) =>
        resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`),
      );
    });
    const output = readFileSync(log, "utf8");
    if (late) throw new Error(`no end within ${step.limitSeconds} s`);
    if (failure !== undefined) throw new Error(lastLines(output) || failure);
    return output;
  } finally {
    clearTimeout(limit);
    clearInterval(progress);
    process.off("exit", endGroup);
    endGroup();
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}

function say(label: string, begun: number): void {
  const seconds = Math.round((Date.now() - begun) / 1000);
  const elapsed = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${label} ... ${elapsed}` : `${label} ... ${elapsed}\n`);
}

function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-3).join(" | ").trim();
}
