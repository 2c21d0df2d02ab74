import { linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity, readText } from "./processes.ts";

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

  /** Waits for the lock. @param onWait takes the holder, once */
  static async wait(path: string, onWait: (holder: ProcessIdentity) => void = () => {}): Promise<ProcessLock> {
    for (let isFirst = true; ; isFirst = false) {
      const lock = ProcessLock.take(path);
      if (lock instanceof ProcessLock) return lock;
      if (isFirst) onWait(lock);
      await delay(100);
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

/** Takes a stale lock file away, but not a fresh one that another process has put there since `found` was read. */
function removeStale(path: string, found: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readText(aside) !== found) linkSync(aside, path);
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
