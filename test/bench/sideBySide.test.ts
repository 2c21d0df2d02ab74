import assert from "node:assert/strict";
import { test } from "node:test";
import { sideBySide, table } from "../../bench/sideBySide.ts";

/** Two ways whose runs take the times given, on a clock of their own; the first of each is the run that does not count. */
function ways(first: number[], second: number[]) {
  let clock = 0;
  const order: string[] = [];
  const way = (name: string, times: number[]) => ({
    name,
    run: async () => {
      order.push(name);
      clock += times.shift() ?? Number.NaN;
    },
  });
  return { order, now: () => clock, ways: [way("one", first), way("two", second)] as const };
}

test("the two take turns, and the first run of each does not count", async () => {
  const context = ways([900, 10, 30, 20], [900, 5, 5, 20]);
  const told: number[] = [];
  const result = await sideBySide({ what: "a thing", ways: [...context.ways], runs: 3 }, context.now, (run) =>
    told.push(run),
  );
  assert.deepEqual(told, [1, 2, 3]);
  assert.deepEqual(context.order, ["one", "two", "one", "two", "one", "two", "one", "two"]);
  assert.deepEqual(result.ways, [
    { name: "one", median: 20, least: 10, most: 30 },
    { name: "two", median: 5, least: 5, most: 20 },
  ]);
  assert.equal(result.ratio, 0.25);
});

test("the median of an even number is between the two in the middle", async () => {
  const context = ways([0, 1, 2, 3, 10], [0, 4, 4, 4, 4]);
  const { ways: measured } = await sideBySide({ what: "a thing", ways: [...context.ways], runs: 4 }, context.now);
  assert.equal(measured[0].median, 2.5);
});

test("the table names both ways, their spread and the ratio", async () => {
  const context = ways([0, 2000], [0, 500]);
  const result = await sideBySide({ what: "a thing", ways: [...context.ways], runs: 1 }, context.now);
  assert.match(
    table([result]),
    /\| a thing \| one: 2\.0 s \(2\.0 s to 2\.0 s\) \| two: 500\.0 ms \(500\.0 ms to 500\.0 ms\) \| 0\.25 \| 1 \|/,
  );
});
