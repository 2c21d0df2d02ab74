import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Names one process for good: a process id alone is reused, a process id with its start time and boot is not. */
export interface ProcessIdentity {
  pid: number;
  /** Start time in clock ticks since boot (`/proc/<pid>/stat`, field 22), or "" where there is no `/proc`. */
  started: string;
  /** The kernel's boot id, or "". */
  boot: string;
}

/** @returns the identity of a live process, or undefined when there is none under this id (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const boot = readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
  const stat = readText(`/proc/${pid}/stat`);
  if (stat !== undefined) {
    // The command name in parentheses may itself hold spaces and parentheses: count from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : { pid, started: fields[19] ?? "", boot };
  }
  if (boot !== "") return undefined;
  try {
    process.kill(pid, 0);
    return { pid, started: "", boot };
  } catch {
    return undefined;
  }
}

/** @returns whether the very process that `identity` names still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== undefined && now.started === identity.started && now.boot === identity.boot;
}

/**
 * A lock file that names its holder, so that the lock of a killed process is recognised as stale and taken over.
 * Taking it is atomic: the file appears with its content (a hard link to a complete file) or not at all.
 */
export class ProcessLock {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @returns the lock, or the identity of the live process that holds it. */
  static take(path: string): ProcessLock | ProcessIdentity {
    const own = `${path}.${process.pid}`;
    writeFileSync(own, JSON.stringify(identify(process.pid)), { mode: 0o600 });
    try {
      for (;;) {
        try {
          linkSync(own, path);
          return new ProcessLock(path);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        }
        const found = readText(path);
        const holder = found === undefined ? undefined : parseIdentity(found);
        if (holder && isAlive(holder)) return holder;
        if (found !== undefined) removeStale(path, found);
      }
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** @returns the live holder of the lock file, or undefined when nobody holds it. */
  static holder(path: string): ProcessIdentity | undefined {
    const identity = parseIdentity(readText(path) ?? "");
    return identity && isAlive(identity) ? identity : undefined;
  }

  /** Gives the lock back. Does nothing when the file is no longer this process's. */
  release(): void {
    if (parseIdentity(readText(this.path) ?? "")?.pid === process.pid) rmSync(this.path, { force: true });
  }
}

/** Takes a stale lock file away, but not a fresh one that another process put there since it was judged. */
function removeStale(path: string, judged: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readText(aside) !== judged) linkSync(aside, path);
  } catch {
    // Another process was quicker: the caller looks again.
  } finally {
    rmSync(aside, { force: true });
  }
}

function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(text) as ProcessIdentity;
    return Number.isInteger(value?.pid) && value.pid > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
