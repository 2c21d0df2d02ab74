import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultContext } from "./context.ts";
import { control } from "./control.ts";
import type { FaultRow } from "./row.ts";
import { type RowResult, runRows } from "./runner.ts";

const row = (id: string, run: FaultRow["run"]): FaultRow => ({
  id,
  fault: "",
  injected: "",
  seen: "",
  never: "",
  level: "lifecycle",
  run,
});

async function results(rows: FaultRow[], lifecycle?: typeof control, limit?: number) {
  const found: RowResult[] = [];
  const all = await runRows(rows, lifecycle, (result) => found.push(result), limit);
  return {
    all,
    found: found.map(({ id, survived, lacks }) => [id, survived, lacks]),
    reasons: found.map((one) => one.reason),
  };
}

test("a row is survived when it ends, the canary lives and no token was printed", async () => {
  const { found, reasons, all } = await results([
    row("good", async (context) => context.converges(context.stack(), context.inputs(context.identity()))),
    row("words", async (context) => {
      await context.failure(Promise.reject(new TypeError("no remedy")));
    }),
    row("other words", async () => assert.match("this", /that/)),
    row("accepted", async (context) => {
      await context.failure(Promise.resolve());
    }),
    row("canary", async (context) => {
      await context.service("UPDATE canary SET n = 2");
    }),
    row("token", async (context) => {
      console.log(await context.server.token(context.server.admin));
    }),
    row("leak in an error", async (context) => {
      const token = await context.server.token(context.server.admin);
      await context.failure(Promise.reject(Object.assign(new Error(`next: ${token}`), { stack: "" })));
    }),
    row("left over", async (context) => {
      await context.made(context.inputs(context.identity("left")));
      await context.database();
    }),
    row("nothing is left over", async (context) => {
      assert.deepEqual(await context.roles(), []);
      assert.deepEqual(await context.sql("SELECT 1 FROM pg_database WHERE datname LIKE 'db\\_%'"), []);
    }),
  ]);
  assert.deepEqual(found, [
    ["good", true, undefined],
    ["words", false, "words"],
    ["other words", false, "words"],
    ["accepted", false, "deeds"],
    ["canary", false, "deeds"],
    ["token", false, "deeds"],
    ["leak in an error", false, "deeds"],
    ["left over", true, undefined],
    ["nothing is left over", true, undefined],
  ]);
  assert.doesNotMatch(reasons.join(), /eyJ[\w-]{20}/, "the report has a token");
  assert.ok(all);
});

test("a row that hangs is not survived, and none is run after it", async () => {
  let held: FaultContext | undefined;
  const { found, all } = await results(
    [
      row("hangs", async (context) => {
        held = context;
        await new Promise(() => {});
      }),
      row("after", async () => {}),
    ],
    undefined,
    0.1,
  );
  assert.deepEqual([found, all], [[["hangs", false, "deeds"]], false]);
  await held?.close();
});

test("the control makes, keeps, replaces and drops a role where nothing goes wrong", async () => {
  const { found, reasons } = await results(
    [
      row("makes and keeps", async (context) => {
        const identity = context.identity();
        const inputs = context.inputs(identity);
        const stack = context.stack();
        await context.converges(stack, inputs);
        assert.equal(await context.login(identity, inputs.roleName), inputs.roleName);
        const oid = (await context.role(inputs.roleName))?.oid ?? "";
        await stack.destroy();
        await context.isGone(inputs.roleName, oid);
      }),
      row("replaces", async (context) => {
        const [one, other] = [context.inputs(context.identity()), context.inputs(context.identity())];
        const stack = await context.made(one);
        assert.equal(await stack.up(other), "replace");
        assert.deepEqual(await context.roles(), [other.roleName]);
      }),
    ],
    control,
  );
  assert.deepEqual(
    found.map(([, survived]) => survived),
    [true, true],
    reasons.join("\n"),
  );
});
