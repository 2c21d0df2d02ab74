import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "./context.ts";
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
    row("good", async (world) => world.converges(world.stack(), world.inputs(world.identity()))),
    row("words", async (world) => {
      await world.failure(Promise.reject(new TypeError("no remedy")));
    }),
    row("other words", async () => assert.match("this", /that/)),
    row("accepted", async (world) => {
      await world.failure(Promise.resolve());
    }),
    row("canary", async (world) => {
      await world.service("UPDATE canary SET n = 2");
    }),
    row("token", async (world) => {
      console.log(await world.server.token(world.server.admin));
    }),
    row("leak in an error", async (world) => {
      const token = await world.server.token(world.server.admin);
      await world.failure(Promise.reject(Object.assign(new Error(`next: ${token}`), { stack: "" })));
    }),
    row("left over", async (world) => {
      await world.made(world.inputs(world.identity("left")));
      await world.database();
    }),
    row("nothing is left over", async (world) => {
      assert.deepEqual(await world.roles(), []);
      assert.deepEqual(await world.sql("SELECT 1 FROM pg_database WHERE datname LIKE 'db\\_%'"), []);
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
  let held: World | undefined;
  const { found, all } = await results(
    [
      row("hangs", async (world) => {
        held = world;
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
      row("makes and keeps", async (world) => {
        const identity = world.identity();
        const inputs = world.inputs(identity);
        const stack = world.stack();
        await world.converges(stack, inputs);
        assert.equal(await world.login(identity, inputs.roleName), inputs.roleName);
        const oid = (await world.role(inputs.roleName))?.oid ?? "";
        await stack.destroy();
        await world.isGone(inputs.roleName, oid);
      }),
      row("replaces", async (world) => {
        const [one, other] = [world.inputs(world.identity()), world.inputs(world.identity())];
        const stack = await world.made(one);
        assert.equal(await stack.up(other), "replace");
        assert.deepEqual(await world.roles(), [other.roleName]);
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
