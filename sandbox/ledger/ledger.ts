import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { KINDS, type Probe } from "./probe.ts";

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
  /** How a deployment is asked; without it, the row cannot be asked. */
  probe?: Probe;
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
  const probes = readProbes();
  const sections = FILES.map((file) => {
    const { title, rows } = parse(readFileSync(join(folder, `${file}.yaml`), "utf8")) as {
      title: string;
      rows: { [key: string]: Omit<LedgerRow, "id"> };
    };
    return {
      title,
      rows: Object.entries(rows).map(([key, row]) => complete(withProbe({ ...row, id: `${file}/${key}` }, probes))),
    };
  });
  if (probes.size > 0) throw new Error(`There is no row for the probes ${[...probes.keys()].join(", ")}.`);
  return sections;
}

/** Takes the row's probe out of those that no row has yet. */
function withProbe(row: LedgerRow, probes: Map<string, Probe>): LedgerRow {
  const probe = probes.get(row.id);
  probes.delete(row.id);
  return probe ? { ...row, probe } : row;
}

/** The probes of every file of `probes/`, by the id of their row. */
function readProbes(folder = join(import.meta.dirname, "probes")): Map<string, Probe> {
  const files = readdirSync(folder).map((file) => parse(readFileSync(join(folder, file), "utf8")) as object);
  return new Map(files.flatMap((probes) => Object.entries(probes)));
}

function complete(row: LedgerRow): LedgerRow {
  const { id, says, status, source } = row;
  if (![says, source].every((text) => typeof text === "string" && text !== "" && !text.includes("\n"))) {
    throw new Error(`${id} needs \`says\` and \`source\`, each of one paragraph.`);
  }
  if (status !== "cited" && status !== "assumed") {
    throw new Error(`${id} has the status ${status}; it is cited or assumed, and recorded only by a record.`);
  }
  const kinds = KINDS.filter((kind) => row.probe && kind in row.probe);
  if (row.probe && (kinds.length !== 1 || typeof row.probe.answer !== "string")) {
    throw new Error(`The probe of ${id} needs an answer, and one of: ${KINDS.join(", ")}.`);
  }
  return row;
}
