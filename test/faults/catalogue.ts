import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { FaultRow, FaultText, Rows, Run, SkippedRow } from "./row.ts";

/** How many faults each section of the catalogue has. */
export const SECTIONS: Record<string, number> = {
  A: 14,
  B: 14,
  C: 12,
  D: 13,
  E: 11,
  F: 10,
  G: 9,
  H: 6,
  I: 10,
  J: 7,
  K: 10,
};

/** The whole catalogue: what is tried, and what is not with its reason. */
export interface Catalogue {
  rows: FaultRow[];
  skipped: SkippedRow[];
}

/**
 * Reads the texts of catalogue.yaml and the runs in every file of `rows/`.
 *
 * @throws Error when a text has no run and no reason for that, a run has no text, or an id is unknown
 */
export async function readCatalogue(): Promise<Catalogue> {
  const texts: Record<string, FaultText | { fault: string; reason: string }> = parse(
    readFileSync(join(import.meta.dirname, "catalogue.yaml"), "utf8"),
  );
  const folder = join(import.meta.dirname, "rows");
  const runs = new Map<string, Run>();
  for (const file of readdirSync(folder)) {
    const { rows } = (await import(join(folder, file))) as { rows: Rows };
    for (const [id, run] of Object.entries(rows)) {
      if (runs.has(id) || !(id in texts)) {
        throw new Error(`${file}: ${id} is there twice or not in catalogue.yaml.`);
      }
      runs.set(id, run);
    }
  }
  const catalogue: Catalogue = { rows: [], skipped: [] };
  for (const [id, text] of Object.entries(texts)) {
    const run = runs.get(id);
    if ("reason" in text === (run !== undefined) || !everyId().includes(id)) {
      throw new Error(`catalogue.yaml: ${id} needs either a run in rows/ or a reason, and an id of a section.`);
    }
    if ("reason" in text) {
      catalogue.skipped.push({ id, ...text });
    } else if (run) {
      catalogue.rows.push({ id, ...text, run });
    }
  }
  return catalogue;
}

/** The ids of all faults, A1 to K10. */
export function everyId(): string[] {
  return Object.entries(SECTIONS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, at) => `${letter}${at + 1}`),
  );
}
