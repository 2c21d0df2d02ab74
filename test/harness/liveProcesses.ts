import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { processStat, readText } from "../../tools/pulumi/processes.ts";

/** Live processes with this text in their environment or their arguments. */
export function processesWith(text: string): number[] {
  const pids = readdirSync("/proc").map(Number);
  return pids.filter((pid) => {
    if (!(pid > 0) || !processStat(pid)) return false;
    return ["environ", "cmdline"].some((file) => readText(`/proc/${pid}/${file}`)?.includes(text));
  });
}

/** Resolves when no live process has this id. The test's time limit bounds it. */
export async function processEnd(pid: number): Promise<void> {
  while (processStat(pid)) await delay(5);
}
