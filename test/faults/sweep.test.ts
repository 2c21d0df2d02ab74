import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultContext } from "./context.ts";
import { SCHEMA_SCENARIOS } from "./schemaScenarios.ts";
import { sweep } from "./sweep.ts";
import { ROLE_SCENARIOS } from "./sweepScenarios.ts";

let context: FaultContext;
before(async () => {
  context = await FaultContext.open();
});
after(() => context?.close());

for (const [fault, what, every, scenarios] of [
  ["reset", "role", 17, ROLE_SCENARIOS],
  ["kill", "role", 29, ROLE_SCENARIOS],
  ["kill", "schema", 127, SCHEMA_SCENARIOS],
] as const) {
  test(`after a ${fault} at every ${every}th message the next run of the ${what} converges`, async () => {
    const results = await sweep(context, { scenarios, fault, every });
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
