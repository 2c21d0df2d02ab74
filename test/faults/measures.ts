import type { Measure } from "./report.ts";

/** What `make faults` takes beside the rows, by name. Each is given the run's seed. */
export const MEASURES: Record<string, (seed: number) => Promise<Omit<Measure, "name">>> = {};
