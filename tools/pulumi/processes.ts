import { readFileSync } from "node:fs";

/** Identifies one process for ever: the kernel reuses a process id, but not a process id with its start time and boot. */
export interface ProcessIdentity {
  pid: number;
  /** Start time in clock ticks since boot (`/proc/<pid>/stat`, field 22), or "" where there is no `/proc`. */
  started: string;
  /** The kernel's boot id, or "". */
  boot: string;
}

/** What `/proc/<pid>/stat` says of a live process. */
export interface ProcessStat {
  parent: number;
  session: number;
  started: string;
}

/** @returns undefined for a process that does not exist or is a zombie, and where there is no `/proc` */
export function processStat(pid: number): ProcessStat | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command name in parentheses may itself hold spaces and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return { parent: Number(fields[1]), session: Number(fields[3]), started: fields[19] ?? "" };
}

/** @returns the identity of a live process, or undefined when no process has this id */
export function identify(pid: number): ProcessIdentity | undefined {
  const boot = readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
  const started = boot === "" ? "" : processStat(pid)?.started;
  if (started === undefined || (boot === "" && !kill(pid, 0))) return undefined;
  return { pid, started, boot };
}

/** @returns whether the very process that `identity` names still runs */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== undefined && now.started === identity.started && now.boot === identity.boot;
}

/** Sends a signal, to a process group where the id is negative. @returns false when there is no such process */
export function kill(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== undefined && process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Kills the process group that a process started with `detached` leads. */
export function killGroup({ pid }: { pid?: number | undefined }): void {
  if (pid !== undefined) kill(-pid, "SIGKILL");
}

/** @returns undefined for a file that cannot be read */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
