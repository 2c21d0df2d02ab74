import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { FaultRow, SkippedRow } from "./row.ts";

/** How many faults each section of the catalogue has. */
export const SECTIONS: Record<string, number> = { A: 14, B: 14, C: 12, D: 13, E: 11, F: 10, G: 9, H: 6, I: 10, J: 7 };

/** The whole catalogue: what is tried, and what is not with its reason. */
export interface Catalogue {
  rows: FaultRow[];
  skipped: SkippedRow[];
}

/**
 * Reads every file of `rows/`, each of which exports `rows` and may export `skipped`.
 *
 * @throws Error when an id is there twice, or is none of the catalogue
 */
export async function readCatalogue(): Promise<Catalogue> {
  const folder = join(import.meta.dirname, "rows");
  const catalogue: Catalogue = { rows: [], skipped: [] };
  for (const file of readdirSync(folder).sort()) {
    const part = (await import(join(folder, file))) as Partial<Catalogue>;
    catalogue.rows.push(...(part.rows ?? []));
    catalogue.skipped.push(...(part.skipped ?? []));
  }
  const ids = [...catalogue.rows, ...catalogue.skipped].map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice) {
    throw new Error(`The catalogue has ${twice} twice.`);
  }
  const unknown = ids.find((id) => !everyId().includes(id));
  if (unknown) {
    throw new Error(`The catalogue has no ${unknown}.`);
  }
  const byId = (one: { id: string }, other: { id: string }) => everyId().indexOf(one.id) - everyId().indexOf(other.id);
  return { rows: catalogue.rows.sort(byId), skipped: catalogue.skipped.sort(byId) };
}

/** The ids of all faults, A1 to J7. */
export function everyId(): string[] {
  return Object.entries(SECTIONS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, at) => `${letter}${at + 1}`),
  );
}
