import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { identify, readText } from "../../tools/pulumi/processes.ts";
import { endProcesses, findProcesses } from "../processes/findProcesses.ts";
import { projectName } from "../project.ts";

const MARKER = "unfinished";

/** Notes that a run is changing the stack, and the mark of its processes. An interrupted run does not remove the note. */
export function markUnfinished(dir: string, treeMark: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, MARKER), treeMark);
}

/** Removes the note: the run has finished. */
export function markFinished(dir: string): void {
  rmSync(join(dir, MARKER), { force: true });
}

/** Whether an earlier run was interrupted, if no process runs the sandbox of this folder now. */
export function isUnfinished(dir: string): boolean {
  return existsSync(join(dir, MARKER)) || stackLocks(dir).length > 0;
}

/**
 * Ends the processes of an earlier run and empties the folder, except for the files to keep. The stack and the sandbox's resources go together,
 * because an interrupted run may have recorded only one of them.
 */
export async function resetState(dir: string, keep: readonly string[]): Promise<void> {
  const mark = readText(join(dir, MARKER))?.trim();
  if (mark) await endProcesses(() => findProcesses(mark), 1);
  for (const name of readdirSync(dir)) {
    if (!keep.includes(name)) rmSync(join(dir, name), { recursive: true, force: true });
  }
}

/** Removes the locks of stacks, while no process runs the sandbox of this folder. @returns the number of locks */
export function removeStackLocks(dir: string): number {
  return removeLocks(stackLocks(dir));
}

/** Removes the locks of stacks whose commands were killed. @returns the number of locks */
export function removeDeadLocks(dir: string): number {
  return removeLocks(stackLocks(dir).filter((lock) => !isHeld(lock)));
}

/** The names of the stack's resources and of its operations with an unknown result, to compare the stack before and after a run. */
export function stackContents(dir: string): string {
  const text = readText(join(dir, "pulumi/.pulumi/stacks", projectName(), "sandbox.json")) ?? "{}";
  const state = JSON.parse(text) as { checkpoint?: { latest?: StackState | null } };
  const { resources = [], pending_operations: pending = [] } = state.checkpoint?.latest ?? {};
  return [...resources.map(({ urn }) => urn), ...pending.map(({ resource, type }) => `${type} ${resource?.urn}`)]
    .sort()
    .join("\n");
}

interface StackState {
  resources?: { urn: string }[];
  pending_operations?: { type: string; resource?: { urn: string } }[];
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

/** Whether the lock's command still runs. Source of the fields: pulumi/pulumi, pkg/backend/diy/lock.go, lockContent. */
function isHeld(lock: string): boolean {
  const { pid, hostname: host } = JSON.parse(readFileSync(lock, "utf8")) as { pid: number; hostname: string };
  // The processes of another machine or container that shares the folder are not in this /proc.
  if (host !== hostname()) return true;
  // The kernel reuses ids, so the process must have the name, too.
  return identify(pid) !== undefined && readText(`/proc/${pid}/comm`)?.startsWith("pulumi") === true;
}
