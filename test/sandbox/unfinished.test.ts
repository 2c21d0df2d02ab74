import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isUnfinished, markFinished, markUnfinished, removeStackLocks, resetState } from "../../sandbox/unfinished.ts";

const root = mkdtempSync(join(tmpdir(), "unfinished-"));
after(() => rmSync(root, { recursive: true }));
const newState = () => mkdtempSync(join(root, "state-"));

/** A lock as the engine's file backend leaves it when its command is killed. */
function lockStack(dir: string): string {
  const folder = join(dir, "pulumi", ".pulumi", "locks", "organization", "entra-postgres", "sandbox");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "0849.json"), "{}");
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

test("a stack's lock tells of a killed command, and can be taken away", () => {
  const dir = newState();
  const lock = lockStack(dir);
  assert.equal(isUnfinished(dir), true);
  assert.equal(removeStackLocks(dir), 1);
  assert.equal(existsSync(lock), false);
  assert.equal(isUnfinished(dir), false);
});

test("a reset empties the state but for what is to be kept", async () => {
  const dir = newState();
  lockStack(dir);
  markUnfinished(dir, "a-mark-that-no-process-carries");
  writeFileSync(join(dir, "lock"), "");
  writeFileSync(join(dir, "directory.json"), "{}");
  await resetState(dir, ["lock"]);
  assert.deepEqual(readdirSync(dir), ["lock"]);
  assert.equal(isUnfinished(dir), false);
});
