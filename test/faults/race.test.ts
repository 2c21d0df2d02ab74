import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World } from "./context.ts";
import { race } from "./race.ts";

let world: World;
before(async () => {
  world = await World.open();
});
after(() => world?.close());

test("of two stacks that make one role at the same moment one wins, and the other names it", async () => {
  assert.deepEqual(await race(world, 20), []);
});
