import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProbeResult } from "./runProbes.ts";

/** What a deployment answered on a day: docs/records/<date>.json. */
export interface ProbeRecord {
  /** Year, month and day in UTC. */
  date: string;
  /** Only a record of Azure counts in the ledger. */
  from: "azure" | "sandbox";
  /** The server's major version and region, which say nothing of who has it. */
  postgres: string;
  location: string;
  results: ProbeResult[];
}

/** The folder of the records in the repository. */
export const RECORDS = new URL("../../docs/records/", import.meta.url).pathname;

/** Writes a record. @returns the file */
export function writeRecord(record: ProbeRecord, folder = RECORDS): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${record.date}.json`);
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
  return file;
}

/** What Azure answered, the newest record of each row. @throws Error for a record of the sandbox */
export function readRecords(folder = RECORDS): Map<string, ProbeResult & { date: string }> {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  const newest = new Map<string, ProbeResult & { date: string }>();
  for (const file of files.sort()) {
    const { date, from, results } = JSON.parse(readFileSync(join(folder, file), "utf8")) as ProbeRecord;
    if (from !== "azure") throw new Error(`${file} is a record of the ${from}; the ledger's records are of Azure.`);
    for (const result of results) {
      if (["confirmed", "differs"].includes(result.result)) newest.set(result.id, { ...result, date });
    }
  }
  return newest;
}
