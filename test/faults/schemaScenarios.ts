import assert from "node:assert/strict";
import type { FaultContext } from "./context.ts";
import type { Prepared } from "./prepared.ts";
import { SchemaFixture, type SchemaStack } from "./schemaFixture.ts";

/** The operations on a schema that are swept. Each prepares a database of its own. */
export const SCHEMA_SCENARIOS: Record<string, (context: FaultContext) => Promise<Prepared>> = {
  "schema create": async (context) => {
    const fixture = await SchemaFixture.open(context);
    const [stack, inputs] = [fixture.stack(), fixture.inputs()];
    return {
      job: { of: "schema", operation: "create", args: [inputs] },
      run: () => stack.up(inputs),
      verify: async () => {
        await fixture.converges(stack, inputs);
        await stack.destroy();
        await fixture.isGone(inputs);
        await context.reset();
      },
    };
  },

  "schema change": async (context) => {
    const fixture = await SchemaFixture.open(context);
    const stack = await fixture.made();
    const inputs = fixture.inputs({
      schema: "invoices",
      members: fixture.members({ jobs: "migrator", reports: "reader" }),
      grants: { [fixture.role("api")]: { "table item": ["UPDATE"] } },
      owner: stack.state?.inputs.owner ?? "",
    });
    return {
      job: { of: "schema", operation: "update", args: jobOf(stack, inputs) },
      run: () => stack.up(inputs),
      verify: async () => {
        await fixture.converges(stack, inputs);
        await context.reset();
      },
    };
  },

  "schema delete": async (context) => {
    const fixture = await SchemaFixture.open(context);
    const inputs = fixture.inputs({ onDelete: "drop" });
    const stack = await fixture.made(inputs);
    return {
      job: { of: "schema", operation: "remove", args: jobOf(stack) },
      run: () => stack.destroy(),
      verify: async () => {
        await stack.destroy();
        await fixture.isGone(inputs);
        await context.reset();
      },
    };
  },

  "schema retain": async (context) => {
    const fixture = await SchemaFixture.open(context);
    const inputs = fixture.inputs({ onDelete: "retain" });
    const stack = await fixture.made(inputs);
    return {
      job: { of: "schema", operation: "remove", args: jobOf(stack) },
      run: () => stack.destroy(),
      verify: async () => {
        await stack.destroy();
        await fixture.keepsRows(inputs.schema);
        // What was kept belongs to nobody: another stack adopts it.
        await fixture.converges(fixture.stack(), { ...inputs, owner: "urn:pulumi:other::faults::orders" });
        await context.reset();
      },
    };
  },
};

function jobOf({ state }: SchemaStack, ...news: unknown[]): unknown[] {
  assert.ok(state);
  return [state.id, state.outputs, ...news];
}
