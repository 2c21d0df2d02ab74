import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { kill, processStat, readText } from "../../tools/pulumi/processes.ts";

/** The environment variable that marks every process of one supervisor: a process can leave its session, but not lose the mark. */
export const MARK = "ENTRA_POSTGRES_PROCESS_TREE";

/** The live processes with the mark or in one of the sessions, without this one. Reads Linux's `/proc`. */
export function findProcesses(mark: string | undefined, sessions: ReadonlySet<number> = new Set()): number[] {
  const variable = mark === undefined ? undefined : `${MARK}=${mark}\0`;
  return processIds().filter((pid) => {
    const stat = processStat(pid);
    if (!stat || pid === process.pid) return false;
    // The file of another user's process cannot be read.
    return sessions.has(stat.session) || (variable && `${readText(`/proc/${pid}/environ`)}\0`.includes(variable));
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
