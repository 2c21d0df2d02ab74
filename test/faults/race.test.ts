import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultContext } from "./context.ts";
import { race } from "./race.ts";

let context: FaultContext;
before(async () => {
  context = await FaultContext.open();
});
after(() => context?.close());

test("of two stacks that create one role at once, one wins and the other names it", async () => {
  assert.deepEqual(await race(context, 20), []);
});
