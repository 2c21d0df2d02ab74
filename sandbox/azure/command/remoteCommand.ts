import { constants } from "node:os";
import type ssh2 from "ssh2";
import { acceptsVariable } from "../../vm/sshServer.ts";
import type { Props } from "../providerHost.ts";
import { CommandOutput } from "./commandOutput.ts";
import { type Connection, dial } from "./connection.ts";

/**
 * Runs a command over SSH.
 *
 * The provider asks the server to set each variable of `environment` and fails on a refusal; for the previous output it only warns.
 * The sandbox's machines refuse all but those that their SSH server accepts, so the emulator knows the answer without asking.
 * @throws Error in the provider's words when there is no connection, a variable is refused or the command fails
 */
export async function runRemotely(
  command: string,
  inputs: Props,
  signal?: AbortSignal,
): Promise<{ stdout: string; stderr: string }> {
  const client = await dial(inputs.connection as Connection, signal);
  const cancel = () => client.destroy();
  signal?.addEventListener("abort", cancel);
  try {
    const env = (inputs.environment ?? {}) as Record<string, string>;
    const refused = Object.keys(env).find((name) => !acceptsVariable(name));
    if (refused !== undefined) {
      throw new Error(
        `could not set environment variable "${refused}": ssh: setenv failed. The machine's SSH server accepts LANG and LC_* alone; write "${refused}=value command" instead.`,
      );
    }
    signal?.throwIfAborted();
    return await execute(client, command, env, typeof inputs.stdin === "string" ? inputs.stdin : "");
  } finally {
    signal?.removeEventListener("abort", cancel);
    client.end();
  }
}

function execute(
  client: ssh2.Client,
  command: string,
  env: Record<string, string>,
  stdin: string,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    client.exec(command, { env }, (error, channel) => {
      if (error) return reject(error);
      const output = new CommandOutput(channel, channel.stderr);
      let failure: string | undefined = "wait: remote command exited without exit status or exit signal";
      channel.on("exit", (code: number | null, signal?: string) => {
        failure = code === 0 ? undefined : exitText(code, signal);
      });
      channel.on("error", () => {});
      channel.on("close", () => {
        if (failure === undefined) resolve(output.outputs);
        else reject(output.failure(failure, command));
      });
      channel.end(stdin);
    });
  });
}

/** The text of Go's ssh.ExitError, which counts a signal as 128 plus its number. */
function exitText(code: number | null, signal: string | undefined): string {
  if (code !== null) return `Process exited with status ${code}`;
  const name = (signal ?? "").replace("SIG", "");
  return `Process exited with status ${128 + (constants.signals[`SIG${name}` as NodeJS.Signals] ?? 0)} from signal ${name}`;
}
