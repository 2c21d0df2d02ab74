import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Props, type StandIn, UNKNOWN } from "../providerHost.ts";
import { checkCommand } from "./commandInputs.ts";
import { runLocal } from "./localCommand.ts";
import { type CommandResult, type Connection, runRemote } from "./remoteCommand.ts";

const NEVER = new AbortController().signal;

/**
 * Stands in for version 1.2.1 of the provider `command` where its plugin cannot be had: commands run for real, here or over SSH.
 * Output is not streamed to the engine's log while a command runs.
 */
export class CommandStandIn implements StandIn {
  readonly name = "command";
  readonly version = "1.2.1";

  async check({ type, news }: Parameters<StandIn["check"]>[0]): ReturnType<StandIn["check"]> {
    return checkCommand(type, news);
  }

  async diff({ oldInputs, news }: Parameters<StandIn["diff"]>[0]): ReturnType<StandIn["diff"]> {
    const names = new Set([...Object.keys(oldInputs), ...Object.keys(news)]);
    const diffs = [...names].filter((name) => !isDeepStrictEqual(oldInputs[name], news[name]));
    return { changes: diffs.length > 0, diffs, replaces: diffs.filter((name) => name === "triggers") };
  }

  async create(r: Parameters<StandIn["create"]>[0]): ReturnType<StandIn["create"]> {
    const id = `${r.name}${randomBytes(4).toString("hex")}`;
    if (r.preview) {
      return { id, outputs: { ...r.inputs, stdout: UNKNOWN, stderr: UNKNOWN } };
    }
    return { id, outputs: { ...r.inputs, ...(await run(r.type, r.inputs, r.inputs.create, {}, r.signal)) } };
  }

  async read(r: Parameters<StandIn["read"]>[0]): ReturnType<StandIn["read"]> {
    return { id: r.id, inputs: r.inputs, outputs: r.outputs };
  }

  async update(r: Parameters<StandIn["update"]>[0]): ReturnType<StandIn["update"]> {
    const before = { stdout: r.oldOutputs.stdout ?? "", stderr: r.oldOutputs.stderr ?? "" };
    if (r.preview) {
      return { outputs: { ...r.inputs, stdout: UNKNOWN, stderr: UNKNOWN } };
    }
    const command = r.inputs.update ?? r.inputs.create;
    return { outputs: { ...r.inputs, ...(await run(r.type, r.inputs, command, before, NEVER)) } };
  }

  async delete(r: Parameters<StandIn["delete"]>[0]): Promise<void> {
    const before = { stdout: r.outputs.stdout, stderr: r.outputs.stderr };
    await run(r.type, r.outputs, r.outputs.delete, before, NEVER);
  }
}

/** Runs the command if there is one. @returns its output without the last line break @throws Error when it fails */
async function run(
  type: string,
  inputs: Props,
  command: unknown,
  before: { stdout?: unknown; stderr?: unknown },
  signal: AbortSignal,
): Promise<{ stdout: unknown; stderr: unknown }> {
  if (typeof command !== "string") {
    return { stdout: before.stdout ?? "", stderr: before.stderr ?? "" };
  }
  const env = (inputs.environment ?? {}) as Record<string, string>;
  const previous = inputs.addPreviousOutputInEnv === false ? {} : previousOutput(before);
  const stdin = String(inputs.stdin ?? "");
  const result =
    type === "command:remote:Command"
      ? await runRemote(inputs.connection as Connection, command, { env, optionalEnv: previous, stdin, signal })
      : await runLocal(command, {
          interpreter: (inputs.interpreter ?? []) as string[],
          env: { ...env, ...previous },
          stdin,
          signal,
          ...(typeof inputs.dir === "string" ? { dir: inputs.dir } : {}),
        });
  if (result.exitCode !== 0) {
    throw new Error(failure(type, command, result));
  }
  return { stdout: withoutLastBreak(result.stdout), stderr: withoutLastBreak(result.stderr) };
}

function previousOutput(before: { stdout?: unknown; stderr?: unknown }): Record<string, string> {
  return {
    ...(before.stdout ? { PULUMI_COMMAND_STDOUT: String(before.stdout) } : {}),
    ...(before.stderr ? { PULUMI_COMMAND_STDERR: String(before.stderr) } : {}),
  };
}

function failure(type: string, command: string, { exitCode, stdout, stderr }: CommandResult): string {
  const ended =
    type === "command:remote:Command" ? `Process exited with status ${exitCode}` : `exit status ${exitCode}`;
  return `${ended}: running ${JSON.stringify(command)}:\n${stdout}${stderr}`;
}

function withoutLastBreak(output: string): string {
  return output.replace(/\n$/, "");
}
