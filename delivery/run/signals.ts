import type { ChildProcess } from "node:child_process";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Passes signals on to a command, once each, where this process would end and leave it alone: an `up` that is cut off leaves the stack locked.
 * The command should lead a process group of its own (`detached`), or a terminal's Ctrl-C reaches it twice, and to Pulumi a second one means
 * to drop everything where it is.
 * @returns ends it
 */
export function passSignals(child: ChildProcess): () => void {
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  return () => {
    for (const signal of SIGNALS) process.off(signal, pass);
  };
}
