import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Arrow, fewestArrows } from "../../delivery/summary/arrows.ts";

/** Everything that can be reached, pair by pair. */
function reach(arrows: readonly Arrow[]): string[] {
  const pairs = new Set(arrows.filter(([a, b]) => a !== b).map((arrow) => arrow.join()));
  for (let size = -1; size !== pairs.size; ) {
    size = pairs.size;
    for (const one of [...pairs]) {
      for (const two of [...pairs]) {
        const [[a, b], [c, d]] = [one.split(","), two.split(",")];
        if (b === c && a !== d) pairs.add(`${a},${d}`);
      }
    }
  }
  return [...pairs].sort();
}

test("a way that others lead is left out; doubles and what leads to itself, too", () => {
  const arrows = [..."ab bc ac ab aa cd ad".split(" ")].map((pair) => [pair[0], pair[1]] as unknown as Arrow);
  assert.deepEqual(fewestArrows(arrows), [
    ["a", "b"],
    ["b", "c"],
    ["c", "d"],
  ]);
});

test("whatever is left out, one comes from everywhere to where one came before, and no arrow is one too many", () => {
  const node = fc.constantFrom("a", "b", "c", "d", "e", "f");
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { maxLength: 20 }), (arrows) => {
      const fewest = fewestArrows(arrows);
      assert.deepEqual(reach(fewest), reach(arrows));
      for (const each of fewest) assert.notDeepEqual(reach(fewest.filter((other) => other !== each)), reach(arrows));
    }),
  );
});
