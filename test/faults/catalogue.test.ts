import assert from "node:assert/strict";
import { test } from "node:test";
import { everyId, readCatalogue } from "./catalogue.ts";

test("every fault of the catalogue is tried, or left out with a reason", async () => {
  const { rows, skipped } = await readCatalogue();
  assert.deepEqual([...rows, ...skipped].map(({ id }) => id).sort(), everyId().sort());
  for (const { id, reason } of skipped) {
    assert.ok(reason.length > 10, `${id} is left out without a reason`);
  }
});
