import { spawn } from "node:child_process";
import { exitOf } from "../processes/supervisor.ts";

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
    return await exitOf(spawn(command, args, { stdio: "inherit", env }), command);
  } finally {
    process.off("SIGINT", ignore);
  }
}
