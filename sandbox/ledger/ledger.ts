import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** How much is known of a behaviour: a public text says it, a real Azure was seen to do it, or neither. */
export type Status = "cited" | "recorded" | "assumed";

/** A behaviour of Azure, as the sandbox has it. */
export interface LedgerRow {
  /** `<file>/<key>`, which never changes: records name it. */
  id: string;
  /** What Azure does. Markdown. */
  says: string;
  /** What is known without our own records: see {@link Status}. */
  status: Exclude<Status, "recorded">;
  /** The text that says so, or why none does. Markdown. */
  source: string;
}

/** A file of `rows/`. */
export interface LedgerSection {
  title: string;
  rows: LedgerRow[];
}

/** The files of `rows/`, in the page's order. */
export const FILES = [
  "program",
  "azureNative",
  "subscription",
  "directory",
  "imds",
  "tokenEndpoint",
  "gateway",
  "roles",
  "bootstrap",
  "server",
  "vm",
  "postgresqlProvider",
] as const;

/** Reads every row. @throws Error when a row is not complete */
export function readLedger(folder = join(import.meta.dirname, "rows")): LedgerSection[] {
  return FILES.map((file) => {
    const { title, rows } = parse(readFileSync(join(folder, `${file}.yaml`), "utf8")) as {
      title: string;
      rows: { [key: string]: Omit<LedgerRow, "id"> };
    };
    return { title, rows: Object.entries(rows).map(([key, row]) => complete({ ...row, id: `${file}/${key}` })) };
  });
}

function complete(row: LedgerRow): LedgerRow {
  const { id, says, status, source } = row;
  if (![says, source].every((text) => typeof text === "string" && text !== "" && !text.includes("\n"))) {
    throw new Error(`${id} needs \`says\` and \`source\`, each of one paragraph.`);
  }
  if (status !== "cited" && status !== "assumed") {
    throw new Error(`${id} has the status ${status}; it is cited or assumed, and recorded only by a record.`);
  }
  return row;
}
