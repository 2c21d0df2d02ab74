import assert from "node:assert/strict";
import { after, test } from "node:test";
import { readCatalogue } from "./catalogue.ts";
import { FaultContext } from "./context.ts";
import { ROW_LIMIT, tryRow } from "./runner.ts";

/** The rows of one section as tests, but for the slow ones, which `make faults` runs. */
export async function testSection(letter: string): Promise<void> {
  const { rows } = await readCatalogue();
  const fast = rows.filter(({ id, slow }) => id.startsWith(letter) && slow === undefined);
  assert.ok(fast.length > 0, `section ${letter} has no row`);
  let context: FaultContext | undefined;
  for (const row of fast) {
    test(`${row.id} ${row.fault}: ${row.seen}; never: ${row.never}`, { timeout: ROW_LIMIT * 1000 }, async () => {
      context ??= await FaultContext.open();
      try {
        await tryRow(row, context);
      } catch (error) {
        // What a row that failed has broken is not the next one's concern.
        await context.close().catch(() => {});
        context = undefined;
        throw error;
      }
    });
  }
  after(() => context?.close());
}
