import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultContext } from "./context.ts";
import { histories } from "./model.ts";

const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));
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
