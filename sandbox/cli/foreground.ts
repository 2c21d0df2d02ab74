import { spawn } from "node:child_process";
import { once } from "node:events";
import { signalCode } from "../processes/processTree.ts";

/**
 * Runs a command that has the terminal to itself, as a shell or psql: Ctrl-C is the command's own and ends what it is at, not the session.
 * @returns its exit code
 * @throws Error when there is no such command
 */
export async function runInForeground(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const ignore = () => {};
  process.on("SIGINT", ignore);
  try {
    const child = spawn(command, args, { stdio: "inherit", env });
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return signal ? signalCode(signal) : (code ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Error(`Command not found: ${command}`);
    throw error;
  } finally {
    process.off("SIGINT", ignore);
  }
}
