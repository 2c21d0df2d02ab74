import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { identify } from "../../tools/pulumi/processes.ts";
import { endProcesses, findProcesses } from "../processes/findProcesses.ts";
import { projectName } from "../project.ts";

const MARKER = "unfinished";

/** Notes that a run is changing the stack; the note stays when the run is cut short. */
export function markUnfinished(dir: string, treeMark: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, MARKER), treeMark);
}

/** Removes the note: the run has finished. */
export function markFinished(dir: string): void {
  rmSync(join(dir, MARKER), { force: true });
}

/** Whether an earlier run was cut short. Only meaningful while nobody runs the sandbox of this folder. */
export function isUnfinished(dir: string): boolean {
  return existsSync(join(dir, MARKER)) || stackLocks(dir).length > 0;
}

/**
 * Ends what an earlier run left running and empties the folder, but for the files named in `keep`.
 * Its stack may hold half-made resources and a lock: removing both keeps them in agreement.
 */
export async function resetState(dir: string, keep: readonly string[]): Promise<void> {
  await endLeftProcesses(dir);
  for (const name of readdirSync(dir)) {
    if (!keep.includes(name)) rmSync(join(dir, name), { recursive: true, force: true });
  }
}

/** Removes the locks of stacks, while nobody runs the sandbox of this folder. @returns how many there were */
export function removeStackLocks(dir: string): number {
  return removeLocks(stackLocks(dir));
}

/** Removes the locks of stacks whose commands live no more: they were killed. @returns how many there were */
export function removeDeadLocks(dir: string): number {
  return removeLocks(stackLocks(dir).filter((lock) => !isHeld(lock)));
}

/**
 * What the stack holds, to compare before and after a run that was cut short: its resources' names, and the operations with an
 * unknown result. As a file of the engine's it is only read; a missing one holds nothing.
 */
export function stackContents(dir: string): string {
  let state: { checkpoint?: { latest?: StackState | null } };
  try {
    state = JSON.parse(readFileSync(join(dir, "pulumi/.pulumi/stacks", projectName(), "sandbox.json"), "utf8"));
  } catch {
    return "";
  }
  const { resources = [], pending_operations: pending = [] } = state.checkpoint?.latest ?? {};
  return [...resources.map(({ urn }) => urn), ...pending.map(({ resource, type }) => `${type} ${resource?.urn}`)]
    .sort()
    .join("\n");
}

interface StackState {
  resources?: { urn: string }[];
  pending_operations?: { type: string; resource?: { urn: string } }[];
}

async function endLeftProcesses(dir: string): Promise<void> {
  let mark: string;
  try {
    mark = readFileSync(join(dir, MARKER), "utf8").trim();
  } catch {
    return;
  }
  if (mark !== "") await endProcesses(() => findProcesses(mark), 1);
}

/** The engine's lock files in its file backend: `.pulumi/locks/<organization>/<project>/<stack>/<id>.json`. */
function stackLocks(dir: string): string[] {
  const root = join(dir, "pulumi", ".pulumi", "locks");
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(root, name));
}

function removeLocks(locks: readonly string[]): number {
  for (const lock of locks) rmSync(lock, { force: true });
  return locks.length;
}

/** Whether the command lives that took the lock. Source of the fields: pulumi/pulumi, pkg/backend/diy/lock.go, lockContent. */
function isHeld(lock: string): boolean {
  const { pid, hostname: host } = JSON.parse(readFileSync(lock, "utf8")) as { pid: number; hostname: string };
  // A process of another machine or container that shares the folder is not seen from here.
  if (host !== hostname()) return true;
  // The kernel reuses ids, so the name counts, too.
  return identify(pid) !== undefined && nameOf(pid).startsWith("pulumi");
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return ""; // It ended meanwhile.
  }
}
