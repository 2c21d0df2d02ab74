import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultContext } from "./context.ts";
import { inDoubt, upperBound } from "./inDoubt.ts";

let context: FaultContext;
before(async () => {
  context = await FaultContext.open();
});
after(() => context?.close());

test("a COMMIT with an unknown outcome is never reported wrongly", async () => {
  assert.deepEqual(await inDoubt(context, 20), { repetitions: 20, wrong: [] });
});

test("none of 300 says no more than about one in a hundred", () => {
  assert.equal(upperBound(300).toFixed(4), "0.0099");
});
