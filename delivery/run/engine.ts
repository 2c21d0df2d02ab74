import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodeOf, passSignals } from "../../tools/childProcess.ts";

/** One command of the Pulumi CLI that runs the engine. */
export interface EngineCommand {
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Takes the output as it comes. */
  onOutput: (chunk: string) => void;
}

/** The result of the command. */
export interface EngineOutcome {
  exitCode: number;
  /** Standard output and error. */
  output: string;
  /** The engine's event log; empty where the command never reached the engine. */
  events: string;
  /** The log of the CLI's calls, among them what the program asked the engine for; empty where there was no program to run. */
  calls: string;
}

/**
 * Runs the CLI with its output shown as it comes, and reads the engine's events and calls.
 *
 * Both logs hold secrets in the clear. They are in a folder that only this user can read, and are removed when the command ends.
 */
export async function runEngine({ args, cwd, env, onOutput }: EngineCommand): Promise<EngineOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "entra-postgres-events-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.on("exit", removeFolder);
  const [log, calls] = [join(folder, "events.jsonl"), join(folder, "calls.jsonl")];
  const child = spawn("pulumi", [...args, "--event-log", log], {
    cwd,
    // The flag is one of those that the CLI hides; its SDKs' automation API uses it in the same way.
    // A variable names the log of calls; one that the user has set stays. Source: pulumi/pulumi, sdk/go/common/env/env.go, DebugGRPC.
    env: { PULUMI_DEBUG_GRPC: calls, ...env, PULUMI_DEBUG_COMMANDS: "true" },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: a terminal's Ctrl-C would reach the CLI twice otherwise.
    detached: true,
  });
  const stopPassing = passSignals(child);
  try {
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        chunks.push(chunk);
        onOutput(chunk);
      });
    }
    const exitCode = await exitCodeOf(child);
    return { exitCode, output: chunks.join(""), events: read(log), calls: read(calls) };
  } finally {
    stopPassing();
    process.off("exit", removeFolder);
    removeFolder();
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
