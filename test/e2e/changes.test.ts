import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Program } from "../../tools/harness/program.ts";
import { BASE, IDENTITIES } from "./changes/change.ts";
import { CHANGES } from "./changes/changes.ts";
import { changesPage, PAGE, record } from "./changes/changesPage.ts";
import { Trial } from "./changes/trial.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  await program.init("sandbox");
});
after(() => program?.stop());

for (const { rows, from = BASE, prepare, steps = [], run, restore } of CHANGES) {
  test(rows.map(({ change }) => change.replaceAll("`", "")).join("; "), async () => {
    const trial = new Trial(program, IDENTITIES);
    await trial.begin(from);
    await prepare?.(trial);
    for (const step of steps) await trial.change(step);
    if (run) await trial.whileLoggingIn(() => run(trial));
    await restore?.(trial);
    await trial.end(from);
    record(rows, trial.refusedSeconds);
  });
}

test("docs/changes.md is what the rows and the last measurement generate", () => {
  assert.equal(readFileSync(PAGE, "utf8"), changesPage());
});
