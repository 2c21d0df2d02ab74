import type { FaultRow } from "./row.ts";
import type { Lifecycle } from "./stack.ts";
import { World } from "./world.ts";

/** What came of one row. */
export interface RowResult {
  id: string;
  survived: boolean;
  /** Why it was not survived. */
  reason?: string;
  seconds: number;
}

/**
 * Runs rows one after another. A row that was not survived may have broken the world, so the next one gets a new one; none is run
 * a second time.
 */
export async function runRows(
  rows: readonly FaultRow[],
  lifecycle: Lifecycle | undefined,
  onResult: (result: RowResult) => void,
): Promise<void> {
  let world: World | undefined;
  try {
    for (const row of rows) {
      world ??= await World.open(lifecycle);
      const started = performance.now();
      const reason = await runRow(row, world);
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      if (reason !== undefined) {
        await world.close().catch(() => {});
        world = undefined;
      }
      onResult({ id: row.id, survived: reason === undefined, ...(reason === undefined ? {} : { reason }), seconds });
    }
  } finally {
    await world?.close();
  }
}

/** Answers why the row was not survived. */
async function runRow(row: FaultRow, world: World): Promise<string | undefined> {
  try {
    await row.run(world);
    await world.canaryLives();
    world.holdsNoSecret(world.output.join("\n"));
    await world.reset();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
