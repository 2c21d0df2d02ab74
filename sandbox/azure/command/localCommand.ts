import { finished } from "node:stream/promises";
import { ProcessGroup } from "../../processes/processGroup.ts";
import { Supervisor } from "../../processes/supervisor.ts";
import type { Props } from "../providerHost.ts";
import { CommandOutput } from "./commandOutput.ts";

/**
 * Runs a command on this host, as the sandbox's own user and with its environment.
 * @throws Error in the provider's words when the command fails
 */
export async function runLocally(
  command: string,
  inputs: Props,
  previous: { stdout: string; stderr: string },
  signal?: AbortSignal,
): Promise<{ stdout: string; stderr: string }> {
  signal?.throwIfAborted();
  const interpreter = inputs.interpreter as string[] | undefined;
  const supervisor = new Supervisor();
  try {
    const words = [...(interpreter?.length ? interpreter : ["/bin/sh", "-c"]), command];
    const group = new ProcessGroup(supervisor, words, {
      cwd: typeof inputs.dir === "string" ? inputs.dir : process.cwd(),
      env: {
        ...process.env,
        ...(inputs.environment as Record<string, string> | undefined),
        ...carried(inputs, previous),
      },
    });
    const end = () => group.signal("SIGKILL");
    signal?.addEventListener("abort", end);
    const output = new CommandOutput(group.stdout, group.stderr);
    group.stdin.end(typeof inputs.stdin === "string" ? inputs.stdin : "");
    const [exit] = await Promise.all([group.ended, finished(group.stdout), finished(group.stderr)]);
    signal?.removeEventListener("abort", end);
    // The texts of Go's exec.ExitError.
    if (exit.signal) throw output.failure(`signal: ${exit.signal === "SIGKILL" ? "killed" : exit.signal}`, command);
    if (exit.exitCode !== 0) throw output.failure(`exit status ${exit.exitCode}`, command);
    return output.outputs;
  } finally {
    await supervisor.close();
  }
}

/** What the last run printed, for the command to see. */
function carried(inputs: Props, { stdout, stderr }: { stdout: string; stderr: string }): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) return {};
  return {
    ...(stdout === "" ? {} : { PULUMI_COMMAND_STDOUT: stdout }),
    ...(stderr === "" ? {} : { PULUMI_COMMAND_STDERR: stderr }),
  };
}
