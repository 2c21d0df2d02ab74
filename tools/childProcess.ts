import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a command on this terminal and passes signals on to it. @returns its exit code, as a shell counts it */
export async function runCommand([program = "", ...args]: readonly string[], env = process.env): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env });
  // A terminal sends Ctrl-C to the command, too; Pulumi takes a second signal for an order to stop at once.
  const stopPassing = passSignals(child, (signal) => signal !== "SIGINT" || !process.stdin.isTTY);
  try {
    return await exitCodeOf(child);
  } finally {
    stopPassing();
  }
}

/**
 * Passes signals on to a child process instead of ending this one: an `up` that loses its parent leaves the stack locked.
 * @returns a function that stops it
 */
export function passSignals(child: ChildProcess, isPassed = (_signal: NodeJS.Signals) => true): () => void {
  const pass = (signal: NodeJS.Signals) => isPassed(signal) && child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  return () => {
    for (const signal of SIGNALS) process.off(signal, pass);
  };
}

/**
 * Waits for the end of a child process and of its output.
 * @returns its exit code, as a shell counts it
 * @throws Error when the program cannot be started
 */
export function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${child.spawnfile} cannot be started: ${error.message}`)));
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
