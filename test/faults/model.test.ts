import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultContext } from "./context.ts";
import { histories } from "./model.ts";
import { schemaHistories } from "./schemaModel.ts";

// The same histories in each run, so that a failure is of the change that is tested; `make faults` tries new ones.
const seed = Number(process.env.FAULTS_SEED ?? 12);
let context: FaultContext;
before(async () => {
  context = await FaultContext.open();
});
after(() => context?.close());

test(`random histories end as the program says (FAULTS_SEED=${seed})`, async () => {
  const { histories: count, commands } = await histories(context, 25, seed);
  assert.equal(count, 25);
  assert.ok(commands > 100, `only ${commands} commands`);
});

test(`random changes of a schema lose no row and end as declared (FAULTS_SEED=${seed})`, async () => {
  const { histories: count, commands } = await schemaHistories(context, 6, seed);
  assert.equal(count, 6);
  assert.ok(commands > 10, `only ${commands} commands`);
});
