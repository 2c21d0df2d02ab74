import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { ServingClient } from "./clientContext.ts";

/** Seconds after which a condition that never comes fails the test: ample, for machines that are ten times slower. */
const LIMIT_SECONDS = 1200;

/** Waits for something that a running client brings about. @throws Error when the client ends before, or it never comes */
export async function until(what: string, serving: ServingClient, holds: () => boolean): Promise<void> {
  const limit = performance.now() + LIMIT_SECONDS * 1000;
  while (!holds()) {
    serving.requireAlive();
    assert.ok(performance.now() < limit, `never: ${what}\n${serving.output}`);
    await delay(100);
  }
}
