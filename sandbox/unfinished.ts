import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endProcesses, findProcesses } from "./processTree.ts";

const MARKER = "unfinished";

/** Notes that a run is changing the stack; the note stays when the run is cut short. */
export function markUnfinished(dir: string, treeMark: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, MARKER), treeMark);
}

/** Takes the note away: the run came to its end. */
export function markFinished(dir: string): void {
  rmSync(join(dir, MARKER), { force: true });
}

/** Whether an earlier run was cut short. Only meaningful while nobody runs the sandbox of this folder. */
export function isUnfinished(dir: string): boolean {
  return existsSync(join(dir, MARKER)) || stackLocks(dir).length > 0;
}

/**
 * Ends what an earlier run left running and empties the folder, but for the files named in `keep`.
 * Its stack may hold half-made resources and a lock: the sandbox's whole world starts anew, so that the two agree.
 */
export async function resetState(dir: string, keep: readonly string[]): Promise<void> {
  await endLeftProcesses(dir);
  for (const name of readdirSync(dir)) {
    if (!keep.includes(name)) rmSync(join(dir, name), { recursive: true, force: true });
  }
}

/** Removes the locks of stacks whose commands were killed. @returns how many there were */
export function removeStackLocks(dir: string): number {
  const locks = stackLocks(dir);
  for (const lock of locks) rmSync(lock, { force: true });
  return locks.length;
}

async function endLeftProcesses(dir: string): Promise<void> {
  let mark: string;
  try {
    mark = readFileSync(join(dir, MARKER), "utf8").trim();
  } catch {
    return;
  }
  if (mark !== "") await endProcesses(() => findProcesses(mark, new Set()), 1);
}

/** The engine's lock files in its file backend: `.pulumi/locks/<organization>/<project>/<stack>/<id>.json`. */
function stackLocks(dir: string): string[] {
  const root = join(dir, "pulumi", ".pulumi", "locks");
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(root, name));
}
