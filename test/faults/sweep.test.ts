import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultContext } from "./context.ts";
import { sweep } from "./sweep.ts";

let context: FaultContext;
before(async () => {
  context = await FaultContext.open();
});
after(() => context?.close());

for (const [fault, every] of [
  ["reset", 17],
  ["kill", 29],
] as const) {
  test(`after a ${fault} at every ${every}th message the next run converges`, async () => {
    const results = await sweep(context, { fault, every });
    assert.deepEqual(
      results.flatMap(({ failures }) => failures),
      [],
    );
    for (const { operation, messages, cuts } of results) {
      assert.ok(messages > 50, `only ${messages} messages were recorded of ${operation}`);
      assert.equal(cuts, Math.ceil(messages / every));
    }
  });
}
