import { AssertionError } from "node:assert";
import { FaultContext, Unexplained } from "./context.ts";
import type { FaultRow } from "./row.ts";
import type { Lifecycle } from "./stack.ts";

/** Seconds that a row may take. One that takes longer hangs, and so was not survived. */
export const ROW_LIMIT = 1200;

/** What came of one row. */
export interface RowResult {
  id: string;
  survived: boolean;
  /** Why it was not survived: the first thing that was not as the row says. */
  reason?: string;
  /** Whether that was what the user sees, or what was done. What a row would have shown after that is not known. */
  lacks?: "words" | "deeds";
  seconds: number;
}

/**
 * Runs rows one after another. A row that was not survived may have broken the context, so the next one gets a new one; none is run
 * a second time.
 *
 * @returns whether all were run. After a row that hangs none is: what it holds ends with the process only.
 */
export async function runRows(
  rows: readonly FaultRow[],
  lifecycle: Lifecycle | undefined,
  onResult: (result: RowResult) => void,
  limit = ROW_LIMIT,
): Promise<boolean> {
  let context: FaultContext | undefined;
  for (const { row, last } of rows.map((row, at) => ({ row, last: at === rows.length - 1 }))) {
    context ??= await FaultContext.open(lifecycle);
    const started = performance.now();
    const failure = await within(limit, tryRow(row, context));
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const result = { id: row.id, survived: failure === undefined, seconds };
    onResult(failure ? { ...result, reason: failure.error.message, lacks: lacks(failure.error) } : result);
    if (failure?.error instanceof Hangs) {
      return false;
    }
    if (failure || last) {
      await context.close().catch(() => {});
      context = undefined;
    }
  }
  return true;
}

/** One row from beginning to end. @throws Error when it was not survived; the context may then be broken */
export async function tryRow(row: FaultRow, context: FaultContext): Promise<void> {
  await row.run(context);
  await context.canaryLives();
  context.holdsNoSecret(context.output.join("\n"));
  await context.reset();
}

class Hangs extends Error {}

async function within(limit: number, work: Promise<void>): Promise<{ error: Error } | undefined> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Hangs(`it did not end within ${limit} s`)), limit * 1000);
  try {
    await Promise.race([work, timeout]);
    return undefined;
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    clearTimeout(timer);
  }
}

function lacks(error: Error): "words" | "deeds" {
  const words = error instanceof Unexplained || (error instanceof AssertionError && error.operator === "match");
  return words ? "words" : "deeds";
}
