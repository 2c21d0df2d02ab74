import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LedgerRow, type LedgerSection, readLedger, type Status } from "./ledger.ts";
import { readRecords } from "./record.ts";

/** The page that this file writes. */
export const PAGE = new URL("../../docs/fidelity.md", import.meta.url);

/** What Azure answered to a row's probe, by the row's id. */
type Records = ReturnType<typeof readRecords>;

/** The text of docs/fidelity.md. */
export function fidelityPage(
  sections: readonly LedgerSection[] = readLedger(),
  records: Records = readRecords(),
): string {
  const rows = sections.flatMap((section) => section.rows);
  const count = (status: Status) => rows.filter((row) => statusOf(row, records) === status).length;
  const answered = (result: string) => rows.filter(({ id }) => records.get(id)?.result === result).length;
  const counts = {
    rows: rows.length,
    cited: count("cited"),
    recorded: count("recorded"),
    "still assumed": count("assumed"),
    "can be asked": rows.filter(({ probe }) => probe).length,
    "confirmed by Azure": answered("confirmed"),
    "differ on Azure": answered("differs"),
  };
  return [
    INTRODUCTION,
    table([Object.keys(counts), Object.values(counts).map(String)]),
    REAL,
    ...sections.map(({ title, rows }) => `## ${title}\n\n${table([HEAD, ...rows.map((row) => cells(row, records))])}`),
    `## Differences that a program can see\n\n${readFileSync(join(import.meta.dirname, "differences.md"), "utf8").trim()}`,
  ]
    .join("\n\n")
    .concat("\n");
}

/** Writes docs/fidelity.md. */
export function writePage(): void {
  writeFileSync(PAGE, fidelityPage());
}

const HEAD = ["behaviour", "status", "source", "probe"];

/** Azure's confirmation counts more than a text. What differs is not known better than before: the row is to be corrected. */
function statusOf({ id, status }: LedgerRow, records: Records): Status {
  return records.get(id)?.result === "confirmed" ? "recorded" : status;
}

function cells(row: LedgerRow, records: Records): string[] {
  const { id, says, source, probe } = row;
  const record = records.get(id);
  const outcome =
    record &&
    (record.result === "confirmed" ? `confirmed ${record.date}` : `**differs** ${record.date}: ${cell(record.found)}`);
  return [says, statusOf(row, records), source, probe ? [`\`${id}\``, outcome].filter(Boolean).join(", ") : "–"];
}

/** An answer as the cell of a table. */
function cell(answer: string): string {
  return `\`${answer.replaceAll("\n", " / ").replaceAll("|", "\\|").replaceAll("`", "'")}\``;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const INTRODUCTION = `# What the sandbox takes from Azure's documents, and what it assumes

The sandbox emulates the parts of Azure that the program uses. This ledger lists its behaviours, because a test against the
sandbox is not a test against Azure. A claim about Azure may rest on a row that is cited or recorded, never on one that is assumed.

- **cited**: a public text, which is named, says so.
- **recorded**: a real Azure has answered so to \`make probe STACK=…\`, whose records are in \`docs/records/\`.
- **assumed**: no text was found or compared, or the sandbox is stricter or simpler on purpose.

A row with a probe can be asked: \`make probe\` asks the sandbox, which must answer as the row says. \`node sandbox/ledger/page.ts\` writes this page from the rows in \`sandbox/ledger/rows/\`.`;

const REAL = `Real, not emulated: the Pulumi engine, PostgreSQL 16, 17 and 18, TLS and certificate verification, RS256 tokens and their checks, the Azure SDK's
credentials, \`psql\`, \`curl\`, \`jq\`, SSH, and every SQL statement.`;

if (import.meta.main) writePage();
