import assert from "node:assert/strict";
import type { SeenMessage } from "../cutting.ts";
import type { Rows } from "../row.ts";
import { SchemaFixture } from "../schemaFixture.ts";
import { SCHEMA_SCENARIOS } from "../schemaScenarios.ts";
import { sweep } from "../sweep.ts";

export const rows: Rows = {
  K1: async (context) => {
    const results = await sweep(context, { scenarios: SCHEMA_SCENARIOS, fault: "reset", every: 53 });
    assert.deepEqual(
      results.flatMap(({ failures }) => failures),
      [],
    );
  },

  K2: async (context) => {
    // The control commits with each statement.
    const commits = context.lifecycleName === "control" ? /^(CREATE SCHEMA|ALTER ROLE|DROP SCHEMA)$/ : /^COMMIT$/;
    const isCommitted = ({ type, text = "" }: SeenMessage) => type === "CommandComplete" && commits.test(text);
    for (const prepare of Object.values(SCHEMA_SCENARIOS)) {
      const { run, verify } = await prepare(context);
      context.cutter.cuts = [{ matches: isCommitted, action: "reset" }];
      await run();
      assert.ok(context.cutter.connections > 1, "nothing was cut");
      await verify();
    }
    const fixture = await SchemaFixture.open(context);
    const [stack, inputs] = [fixture.stack(), fixture.inputs({ deadlineSeconds: 2 })];
    const onCut = () => {
      context.cutter.mode = "refuse";
    };
    context.cutter.cuts = [{ matches: isCommitted, action: "reset", onCut }];
    await context.failure(stack.up(inputs));
    assert.ok(stack.state?.initErrors, "the state does not hold the schema that may exist");
    await fixture.converges(stack, fixture.inputs());
    await stack.destroy();
    await fixture.isGone(inputs);
  },
};
