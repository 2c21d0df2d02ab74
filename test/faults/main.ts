// `make faults`: every fault of the catalogue, the control beside it, and the measures; then the report.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { readCatalogue, SECTIONS } from "./catalogue.ts";
import { control } from "./control.ts";
import { MEASURES } from "./measures.ts";
import { circumstances, type Measure, type Report, summary, writeReport } from "./report.ts";
import { type RowResult, runRows } from "./runner.ts";

/** What one of the processes has to say: a row's result, or a measure's. */
type Line = { row: RowResult; control: boolean } | { measure: Measure };

const { values: options } = parseArgs({
  options: {
    /** Letters of sections, "AB"; with it, or with `rows`, no measure is taken and no report written. */
    section: { type: "string" },
    /** Ids of rows, separated by commas. */
    rows: { type: "string" },
    /** Only the control. */
    control: { type: "boolean", default: false },
    /** Names of measures, separated by commas. */
    measure: { type: "string" },
    seed: { type: "string" },
    /** Set for the processes that this one starts. */
    worker: { type: "boolean", default: false },
  },
});
const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));

const { rows, skipped } = await readCatalogue();
if (options.worker) {
  await work();
} else {
  process.exitCode = await orchestrate();
}

async function work(): Promise<void> {
  const say = (line: Line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  if (options.measure) {
    say({ measure: await takeMeasure(options.measure) });
    return;
  }
  const chosen = new Set(options.rows?.split(","));
  await runRows(
    rows.filter(({ id }) => chosen.has(id)),
    options.control ? control : undefined,
    (row) => say({ row, control: options.control }),
  );
}

async function takeMeasure(name: string): Promise<Measure> {
  const take = MEASURES[name];
  if (!take) {
    throw new Error(`There is no measure ${name}; there are ${Object.keys(MEASURES).join(", ")}.`);
  }
  return { name, ...(await take(seed)) };
}

async function orchestrate(): Promise<number> {
  const whole = !options.section && !options.rows && !options.measure && !options.control;
  const report: Report = { ...circumstances(), seed, rows: [], control: [], skipped, measures: [] };
  const failed: string[] = [];
  const take = (line: Line) => {
    if ("measure" in line) {
      report.measures.push(line.measure);
      const { name, tried, asTheyShould, notes } = line.measure;
      if (asTheyShould < tried) failed.push(name);
      console.log(`${name}: ${asTheyShould} of ${tried} as they should be; ${notes.join("; ")}`);
    } else {
      (line.control ? report.control : report.rows).push(line.row);
      const { id, survived, seconds, reason } = line.row;
      if (!survived && !line.control) failed.push(id);
      const fault = rows.find((row) => row.id === id)?.fault;
      console.log(
        `${line.control ? "control " : ""}${id} ${survived ? "survived" : "NOT SURVIVED"} (${seconds} s): ${fault}`,
      );
      if (reason && !line.control) console.log(`  ${reason.replaceAll("\n", "\n  ")}`);
    }
  };
  await runAll(tasks(), take);
  console.log(`\n${summary(report)}`);
  if (whole || options.section) {
    for (const { id, fault, reason } of skipped) console.log(`left out: ${id} ${fault}: ${reason}`);
  }
  if (whole) {
    writeReport(report, rows);
    console.log("written: .faults/report.json, docs/reliability.md");
  }
  if (failed.length > 0) console.log(`not as it should be: ${failed.join(", ")}; seed ${seed}`);
  return failed.length > 0 ? 1 : 0;
}

/** One process for each section and kind, so that they can go side by side; the longest come first. */
function tasks(): string[][] {
  const whole = !options.section && !options.rows;
  const measures = options.measure?.split(",") ?? (whole && !options.control ? Object.keys(MEASURES) : []);
  const sections = options.measure ? [] : Object.keys(SECTIONS);
  const wanted = new Set(options.rows?.split(","));
  const chosen = rows.filter(
    ({ id }) => (whole || options.section?.includes(id[0] ?? "") || wanted.has(id)) && sections.includes(id[0] ?? ""),
  );
  const bySection = sections
    .map((letter) => chosen.filter(({ id }) => id.startsWith(letter)).map(({ id }) => id))
    .filter((ids) => ids.length > 0);
  const kinds = options.control ? [["--control"]] : [[], ["--control"]];
  return [
    ...measures.map((name) => ["--measure", name]),
    ...bySection.flatMap((ids) => kinds.map((kind) => ["--rows", ids.join(","), ...kind])),
  ];
}

/** Runs the tasks, two at a time. A process that dies is a failure of its own. */
async function runAll(waiting: string[][], take: (line: Line) => void): Promise<void> {
  const children = new Set<ChildProcess>();
  const stop = () => {
    for (const child of children) child.kill("SIGTERM");
    process.exit(130);
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const next = async (): Promise<void> => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const child = spawn(process.execPath, [import.meta.filename, "--worker", "--seed", String(seed), ...task], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.add(child);
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      for await (const line of createInterface({ input: child.stdout })) {
        if (line.startsWith("{")) take(JSON.parse(line));
      }
      const exitCode = await ended;
      children.delete(child);
      if (exitCode !== 0) throw new Error(`The process for ${task.join(" ")} ended with ${exitCode}.`);
    }
  };
  await Promise.all([next(), next()]);
}
