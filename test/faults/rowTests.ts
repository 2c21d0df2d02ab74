import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isEveryday } from "../suites.ts";
import { readCatalogue } from "./catalogue.ts";
import { FaultContext } from "./context.ts";
import { ROW_LIMIT, tryRow } from "./runner.ts";

/** The rows of one section as tests; `make test` leaves the slow ones to `make test-all`. */
export async function testSection(letter: string): Promise<void> {
  const { rows } = await readCatalogue();
  const chosen = rows.filter(({ id, slow }) => id.startsWith(letter) && !(isEveryday && slow));
  assert.ok(chosen.length > 0, `section ${letter} has no row`);
  let context: FaultContext | undefined;
  for (const row of chosen) {
    test(`${row.id} ${row.fault}`, { timeout: ROW_LIMIT * 1000 }, async () => {
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
