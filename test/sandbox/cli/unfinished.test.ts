import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  isUnfinished,
  markFinished,
  markUnfinished,
  removeDeadLocks,
  removeStackLocks,
  resetState,
  stackContents,
} from "../../../sandbox/cli/unfinished.ts";
import { projectName } from "../../../sandbox/project.ts";

const root = mkdtempSync(join(tmpdir(), "unfinished-"));
after(() => rmSync(root, { recursive: true }));
const newState = () => mkdtempSync(join(root, "state-"));

/** A lock as the engine's file backend leaves it when its command is killed. */
function lockStack(dir: string, content: object = {}): string {
  const folder = join(dir, "pulumi", ".pulumi", "locks", "organization", "entra-postgres", "sandbox");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "0849.json"), JSON.stringify(content));
  return join(folder, "0849.json");
}

test("a run is unfinished between its start and its end", () => {
  const dir = newState();
  assert.equal(isUnfinished(dir), false);
  markUnfinished(dir, "mark");
  assert.equal(isUnfinished(dir), true);
  markFinished(dir);
  assert.equal(isUnfinished(dir), false);
});

test("a stack's lock shows that a command was killed, and can be removed", () => {
  const dir = newState();
  const lock = lockStack(dir);
  assert.equal(isUnfinished(dir), true);
  assert.equal(removeStackLocks(dir), 1);
  assert.equal(existsSync(lock), false);
  assert.equal(isUnfinished(dir), false);
});

test("a reset empties the state except for the files to keep", async () => {
  const dir = newState();
  lockStack(dir);
  markUnfinished(dir, "a-mark-that-no-process-carries");
  writeFileSync(join(dir, "lock"), "");
  writeFileSync(join(dir, "directory.json"), "{}");
  await resetState(dir, ["lock"]);
  assert.deepEqual(readdirSync(dir), ["lock"]);
  assert.equal(isUnfinished(dir), false);
});

test("only the lock of a command that has ended on this machine is removed", async () => {
  const dir = newState();
  const held = async (command: string) => {
    const child = spawn(command, ["300"], { stdio: "ignore" });
    await once(child, "spawn");
    return child;
  };
  const pulumi = join(dir, "pulumi-cli");
  copyFileSync("/bin/sleep", pulumi);
  const [engine, other] = [await held(pulumi), await held("/bin/sleep")];
  try {
    lockStack(dir, { pid: engine.pid, hostname: hostname() });
    assert.equal(removeDeadLocks(dir), 0);
    lockStack(dir, { pid: other.pid, hostname: "another-machine" });
    assert.equal(removeDeadLocks(dir), 0);
    // The id of a command that was killed is given to other processes after a while.
    const lock = lockStack(dir, { pid: other.pid, hostname: hostname() });
    assert.equal(removeDeadLocks(dir), 1);
    assert.equal(existsSync(lock), false);
    const ended = once(engine, "exit");
    engine.kill("SIGKILL");
    await ended;
    lockStack(dir, { pid: engine.pid, hostname: hostname() });
    assert.equal(removeDeadLocks(dir), 1);
  } finally {
    engine.kill("SIGKILL");
    other.kill("SIGKILL");
  }
});

test("a stack's contents are its resources and its pending operations", () => {
  const dir = newState();
  assert.equal(stackContents(dir), "");
  const write = (latest: object) => {
    const folder = join(dir, "pulumi/.pulumi/stacks", projectName());
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "sandbox.json"), JSON.stringify({ version: 3, checkpoint: { latest } }));
    return stackContents(dir);
  };
  const resources = [{ urn: "b", outputs: { n: 1 } }, { urn: "a" }];
  const before = write({ resources });
  assert.equal(before, "a\nb");
  assert.equal(write({ resources: [{ urn: "a" }, { urn: "b", outputs: { n: 2 } }] }), before);
  assert.notEqual(write({ resources, pending_operations: [{ type: "creating", resource: { urn: "c" } }] }), before);
  assert.notEqual(write({ resources: [{ urn: "a" }] }), before);
});
