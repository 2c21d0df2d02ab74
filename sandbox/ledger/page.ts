import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LedgerRow, type LedgerSection, readLedger, type Status } from "./ledger.ts";

/** The page that this file writes. */
export const PAGE = new URL("../../docs/fidelity.md", import.meta.url);

/** The text of docs/fidelity.md. */
export function fidelityPage(sections: readonly LedgerSection[] = readLedger()): string {
  const rows = sections.flatMap((section) => section.rows);
  const count = (status: Status) => String(rows.filter((row) => row.status === status).length);
  const counts = [
    ["cited", "recorded", "assumed"],
    [count("cited"), count("recorded"), count("assumed")],
  ];
  return [
    INTRODUCTION,
    table(counts),
    REAL,
    ...sections.map(({ title, rows }) => `## ${title}\n\n${table([HEAD, ...rows.map(cells)])}`),
    `## Differences that a program can see\n\n${readFileSync(join(import.meta.dirname, "differences.md"), "utf8").trim()}`,
  ]
    .join("\n\n")
    .concat("\n");
}

const HEAD = ["behaviour", "status", "source"];

function cells({ says, status, source }: LedgerRow): string[] {
  return [says, status, source];
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const INTRODUCTION = `# What the sandbox takes from Azure's documents, and what it assumes

The sandbox emulates the parts of Azure that the program uses. This ledger lists its behaviours, because a test against the
sandbox is not a test against Azure. A claim about Azure may rest on a row that is cited or recorded, never on one that is assumed.

- **cited**: a public text, which is named, says so.
- **recorded**: taken from a real Azure.
- **assumed**: no text was found or compared, or the sandbox is stricter or simpler on purpose.

\`node sandbox/ledger/page.ts\` writes this page from the rows in \`sandbox/ledger/rows/\`.`;

const REAL = `Real, not emulated: the Pulumi engine, PostgreSQL 16, 17 and 18, TLS and certificate verification, RS256 tokens and their checks, the Azure SDK's
credentials, \`psql\`, \`curl\`, \`jq\`, SSH, and every SQL statement.`;

if (import.meta.main) writeFileSync(PAGE, fidelityPage());
