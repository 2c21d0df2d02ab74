import type { FaultContext } from "./context.ts";

/** One fault of the catalogue: what is done to the program, what its user must see, and what must never come of it. */
export interface FaultRow {
  /** Section and number: "B1". */
  id: string;
  /** The fault in a few words. */
  fault: string;
  /** What is injected, and where. */
  injected: string;
  /** What the user must see. */
  seen: string;
  /** What must never happen. */
  never: string;
  /** The cheapest level that can show it. */
  level: Level;
  /** Why `make test` leaves it to `make test-all`; undefined for a row that both run. */
  slow?: string;
  /** Injects the fault and holds what comes of it against `seen` and `never`. @throws Error when it was not survived */
  run(context: FaultContext): Promise<void>;
}

/**
 * - `check`: the inputs are refused before anything is connected to.
 * - `lifecycle`: the functions that the engine calls, against a real server.
 * - `gateway`: the same, where the server refuses the login.
 * - `imds`: the same, where the metadata service misbehaves.
 * - `engine`: the real Pulumi engine.
 */
export type Level = "check" | "lifecycle" | "gateway" | "imds" | "engine";

/** A fault of the catalogue that is not tried, and why. */
export interface SkippedRow {
  id: string;
  fault: string;
  reason: string;
}
