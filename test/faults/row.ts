import type { FaultContext } from "./context.ts";

/** What catalogue.yaml says of a fault that is tried: what is done to the program, and what must and must not come of it. */
export interface FaultText {
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
}

/** Injects a fault and checks what the program does against the row's `seen` and `never`. @throws Error when it was not survived */
export type Run = (context: FaultContext) => Promise<void>;

/** The runs of one file of rows/, by the row's id: section and number, such as B1. */
export type Rows = Record<string, Run>;

/** One fault that is tried. */
export interface FaultRow extends FaultText {
  id: string;
  run: Run;
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
