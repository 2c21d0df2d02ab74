import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { removeState } from "../../../sandbox/postgres/placement.ts";

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder with data in it, made in another. */
function dataIn(parent: string): string {
  const data = join(mkdtempSync(join(parent, "entra-postgres-placement-")), "data");
  made.push(dirname(data));
  mkdirSync(data);
  return data;
}

test("removing a sandbox's state removes its data elsewhere, but not what a forged note names", () => {
  const state = mkdtempSync(join(tmpdir(), "placement-"));
  const [elsewhere, foreign] = [dataIn("/var/tmp"), dataIn(tmpdir())];
  for (const [server, data] of Object.entries({ one: elsewhere, two: foreign })) {
    mkdirSync(join(state, "servers", server), { recursive: true });
    writeFileSync(join(state, "servers", server, "data-directory"), `${data}\n`);
  }
  removeState(state);
  assert.deepEqual([state, dirname(elsewhere), foreign].map(existsSync), [false, false, true]);
  removeState(state);
});
