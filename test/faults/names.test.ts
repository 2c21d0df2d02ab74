import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultContext } from "./context.ts";
import { names } from "./names.ts";

const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));
let context: FaultContext;
before(async () => {
  context = await FaultContext.open();
});
after(() => context?.close());

test(`any name is refused or becomes exactly that role (FAULTS_SEED=${seed})`, async () => {
  const result = await names(context, 1_000, seed);
  assert.equal(result.refused + result.exact, result.names);
  // Both ways are taken, or nothing would be shown.
  assert.ok(result.refused > 100 && result.exact > 100, JSON.stringify(result));
});
