import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { kill, processStat } from "../../tools/pulumi/processes.ts";

/** The environment variable that marks every process of one supervisor, so that it is found whatever session it moved to. */
export const MARK = "ENTRA_POSTGRES_PROCESS_TREE";

/** The live processes that carry the mark or are in one of the sessions, without this one. Reads Linux's `/proc`. */
export function findProcesses(mark: string | undefined, sessions: ReadonlySet<number> = new Set()): number[] {
  const variable = mark === undefined ? undefined : `${MARK}=${mark}\0`;
  return processIds().filter((pid) => {
    const stat = processStat(pid);
    if (!stat || pid === process.pid) return false;
    return sessions.has(stat.session) || (variable !== undefined && environment(pid).includes(variable));
  });
}

/** The live processes that this one started. */
export function childProcesses(): number[] {
  return processIds().filter((pid) => processStat(pid)?.parent === process.pid);
}

/** Waits until `find` finds nothing, and kills what it still finds after `graceSeconds`. */
export async function endProcesses(find: () => number[], graceSeconds: number): Promise<void> {
  const deadline = Date.now() + graceSeconds * 1000;
  for (let found = find(); found.length > 0; found = find()) {
    if (Date.now() >= deadline) for (const pid of found) kill(pid, "SIGKILL");
    // They are not this process's children, so there is no event to wait for.
    await delay(20);
  }
}

function processIds(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

function environment(pid: number): string {
  try {
    return `${readFileSync(`/proc/${pid}/environ`, "latin1")}\0`;
  } catch {
    return ""; // It has ended, or belongs to another user.
  }
}
