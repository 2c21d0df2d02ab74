import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Row } from "./change.ts";
import { CHANGES } from "./changes.ts";

export const PAGE = join(import.meta.dirname, "../../../docs/changes.md");

/** Set to record the seconds in the page. */
const RECORD = "RECORD_CHANGES";

const HEAD = `# Changes of a stack that is up

\`node test/e2e/changes/changesPage.ts\` writes this page from the rows that \`test/e2e/changes.test.ts\` tries under Pulumi's engine, each
forward and back. After each step a connection of its own counts the rows as the VM's identity, and a preview has nothing to do. After a
refused change the stack's state, Azure's resources and the server's roles, rights and schemas are compared with those before it. The last
column is how long a client that logs in all the while was refused, forward and back together, when the sandbox last measured it with
\`${RECORD}=1\`; rows that are tried together have one measurement. It is no promise.

| change | what happens | what stays | seconds refused |
| --- | --- | --- | --- |
`;

/** The page, with the seconds that it has or with newer ones. */
export function changesPage(newer: Readonly<Record<string, number>> = {}): string {
  const seconds = lastMeasured();
  const lines = CHANGES.flatMap(({ rows }) => rows).map(({ change, happens, stays }) => {
    const measured = change in newer ? newer[change]?.toFixed(1) : seconds.get(change);
    return `| ${change} | ${happens} | ${stays} | ${measured ?? "not measured"} |\n`;
  });
  return HEAD + lines.join("");
}

/** Notes how long the login was refused. */
export function record(rows: readonly Row[], seconds: number): void {
  const newer = Object.fromEntries(rows.map(({ change }) => [change, seconds]));
  if (process.env[RECORD]) writeFileSync(PAGE, changesPage(newer));
}

function lastMeasured(): Map<string, string> {
  const page = readFileSync(PAGE, { encoding: "utf8", flag: "a+" });
  return new Map(
    [...page.matchAll(/^\| ([^|]+) \|.*\| ([^|]+) \|$/gm)].map(([, change = "", seconds = ""]) => [change, seconds]),
  );
}

if (import.meta.main) writeFileSync(PAGE, changesPage());
