import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World } from "./context.ts";
import { histories } from "./model.ts";

const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));
let world: World;
before(async () => {
  world = await World.open();
});
after(() => world?.close());

test(`random histories end as the program says (FAULTS_SEED=${seed})`, async () => {
  const { histories: count, commands } = await histories(world, 25, seed);
  assert.equal(count, 25);
  assert.ok(commands > 100, `only ${commands} commands`);
});
