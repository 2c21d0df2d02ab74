import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHANGES } from "./changes.ts";
import { STATE_CHANGES } from "./stateChanges.ts";

export const PAGE = join(import.meta.dirname, "../../../docs/changes.md");

/** Set to record the seconds in the page. */
const RECORD = "RECORD_CHANGES";

const HEAD = `# Changes of a stack that is up

\`node test/e2e/changes/changesPage.ts\` writes this page from the rows that \`test/e2e/changes.test.ts\` tries under Pulumi's engine, each
forward and back. After each step a connection of its own counts the rows as the VM's identity, and a preview has nothing to do. The last
column is how long a client that logs in all the while was refused, forward and back together, when the sandbox last measured it with
\`${RECORD}=1\`. It is no promise.

| change | what happens | what stays | seconds refused |
| --- | --- | --- | --- |
`;

/** The page, with the seconds that it has or with newer ones. */
export function changesPage(newer: Readonly<Record<string, number>> = {}): string {
  const seconds = lastMeasured();
  const rows = [...CHANGES, ...STATE_CHANGES].map(({ change, happens, stays }) => {
    const measured = change in newer ? newer[change]?.toFixed(1) : seconds.get(change);
    return `| ${change} | ${happens} | ${stays} | ${measured ?? "not measured"} |\n`;
  });
  return HEAD + rows.join("");
}

/** Notes how long the login was refused. */
export function record(change: string, seconds: number): void {
  if (process.env[RECORD]) writeFileSync(PAGE, changesPage({ [change]: seconds }));
}

function lastMeasured(): Map<string, string> {
  const page = readFileSync(PAGE, { encoding: "utf8", flag: "a+" });
  return new Map(
    [...page.matchAll(/^\| ([^|]+) \|.*\| ([^|]+) \|$/gm)].map(([, change = "", seconds = ""]) => [change, seconds]),
  );
}

if (import.meta.main) writeFileSync(PAGE, changesPage());
