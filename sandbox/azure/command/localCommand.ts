import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { CommandResult } from "./remoteCommand.ts";

/** Runs a command on this machine, with the provider's own environment as the real one does. */
export async function runLocal(
  command: string,
  options: { interpreter: string[]; dir?: string; env: Record<string, string>; stdin: string; signal: AbortSignal },
): Promise<CommandResult> {
  const [file = "/bin/sh", ...args] = options.interpreter.length > 0 ? options.interpreter : ["/bin/sh", "-c"];
  const child = spawn(file, [...args, command], {
    stdio: "pipe",
    env: { ...process.env, ...options.env },
    signal: options.signal,
    ...(options.dir === undefined ? {} : { cwd: options.dir }),
  });
  child.stdin.on("error", () => {}); // A command may end without reading its input.
  child.stdin.end(options.stdin);
  const [[exitCode], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode: exitCode ?? 255, stdout, stderr };
}
