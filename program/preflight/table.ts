import type { Row } from "./answer.ts";

/** The rows as a table for a terminal: outcome, check, what was found; below a problem what was expected and what to do next. */
export function table(rows: readonly Row[]): string {
  const widths = [outcomes(rows), rows.map(({ check }) => check)].map((words) =>
    Math.max(...words.map(({ length }) => length)),
  );
  const [outcomeWidth = 0, checkWidth = 0] = widths;
  const indent = " ".repeat(outcomeWidth + checkWidth + 6);
  const lines = rows.map((row) => {
    const head = `  ${row.outcome.padEnd(outcomeWidth)}  ${row.check.padEnd(checkWidth)}  `;
    return head + wordsOf(row).replaceAll("\n", `\n${indent}`);
  });
  return `${lines.join("\n")}\n\n${summary(rows)}`;
}

function wordsOf(row: Row): string {
  if (row.outcome !== "problem") return row.found;
  return `${row.code}\nfound:    ${row.found}\nexpected: ${row.expected}\nnext:     ${row.remedy}`;
}

function outcomes(rows: readonly Row[]): string[] {
  return rows.map(({ outcome }) => outcome);
}

function summary(rows: readonly Row[]): string {
  const count = (outcome: Row["outcome"]) => rows.filter((row) => row.outcome === outcome).length;
  const [problems, asked] = [count("problem"), count("not askable")];
  const words = problems === 0 ? "no problem" : problems === 1 ? "1 problem" : `${problems} problems`;
  return `${words}, ${count("ok")} ok${asked === 0 ? "" : `, ${asked} not askable`}`;
}
