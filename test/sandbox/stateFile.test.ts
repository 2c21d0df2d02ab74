import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { StateFile } from "../../sandbox/stateFile.ts";
import { temporaryDirectory } from "../harness/testServer.ts";

const dir = temporaryDirectory();
after(() => rmSync(dir, { recursive: true, force: true }));

test("keeps a value between runs, in a file that only its owner can read", () => {
  const path = join(dir, "below", "state.json");
  const file = new StateFile(path, () => ({ count: 1 }));
  file.value.count = 2;
  file.save();
  assert.deepEqual(new StateFile(path, () => ({ count: 1 })).value, { count: 2 });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(dir, "below")), ["state.json"]);
});

test("names a damaged file and keeps its text to itself", () => {
  const path = join(dir, "damaged.json");
  writeFileSync(path, '{"key": "private-key-text');
  assert.throws(
    () => new StateFile(path, () => ({})),
    (error: Error) => error.message.includes(path) && !error.message.includes("private-key-text"),
  );
});

test("leaves the old file when a value cannot be written", () => {
  const path = join(dir, "kept.json");
  const file = new StateFile<{ value: unknown }>(path, () => ({ value: 1 }));
  file.save();
  file.value.value = 1n;
  assert.throws(() => file.save(), /BigInt/);
  assert.deepEqual(new StateFile(path, () => ({})).value, { value: 1 });
});
