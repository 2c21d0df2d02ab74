import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Program } from "../../tools/harness/program.ts";
import { BASE, CHANGES, IDENTITIES } from "./changes/changes.ts";
import { changesPage, PAGE, record } from "./changes/changesPage.ts";
import { STATE_CHANGES } from "./changes/stateChanges.ts";
import { Trial } from "./changes/trial.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  await program.init("sandbox");
});
after(() => program?.stop());

for (const { change, from = BASE, steps, prepare, restore } of CHANGES) {
  test(change.replaceAll("`", ""), async () => {
    const trial = new Trial(program, IDENTITIES);
    await trial.begin(from);
    await prepare?.(trial);
    for (const step of steps) await trial.change(step);
    await restore?.(trial);
    await trial.change({ config: from });
    record(change, trial.refusedSeconds);
  });
}
for (const { change, run } of STATE_CHANGES) {
  test(change.replaceAll("`", ""), async () => {
    const trial = new Trial(program, IDENTITIES);
    await trial.begin(BASE);
    await trial.whileLoggingIn(() => run(trial));
    await trial.holds();
    record(change, trial.refusedSeconds);
  });
}

test("docs/changes.md is what the rows and the last measurement generate", () => {
  assert.equal(readFileSync(PAGE, "utf8"), changesPage());
});
