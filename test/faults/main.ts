// `make faults`: runs every fault of the catalogue with the program and with the control, takes the measures and writes the report.
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { everyId, readCatalogue, SECTIONS } from "./catalogue.ts";
import { control } from "./control.ts";
import { MEASURES } from "./measures.ts";
import { circumstances, type Measure, type Report, summary, writeReport } from "./report.ts";
import { runRows } from "./runner.ts";
import { type Line, runTasks, type Task } from "./workers.ts";

const { values: options } = parseArgs({
  options: {
    /** Letters of sections, "AB". With this or any of the next four, no report is written. */
    section: { type: "string" },
    /** Ids of rows, separated by commas. */
    rows: { type: "string" },
    /** Only the rows that `make test` has, too. */
    fast: { type: "boolean", default: false },
    /** Only the control. */
    control: { type: "boolean", default: false },
    /** Names of measures, separated by commas, and no rows. */
    measure: { type: "string" },
    /** What the measures choose by; printed, so that a run can be had again. @default a random one */
    seed: { type: "string" },
    /** Set for the processes that this one starts. */
    worker: { type: "boolean", default: false },
  },
});
const { section, rows: ids, fast, measure } = options;
const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
const allRows = !section && !ids && !fast && !measure;
const whole = allRows && !options.control;

const { rows, skipped } = await readCatalogue();
if (options.worker) {
  await work();
  // What a row that hangs still holds would keep the process; what was said is written first.
  process.stdout.write("", () => process.exit());
} else {
  process.exitCode = await orchestrate();
}

async function work(): Promise<void> {
  const say = (line: Line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  if (measure) {
    say({ measure: await takeMeasure(measure) });
    return;
  }
  const chosen = rows.filter(({ id }) => ids?.split(",").includes(id));
  await runRows(chosen, options.control ? control : undefined, (row) => say({ row, control: options.control }));
}

async function takeMeasure(name: string): Promise<Measure> {
  const take = MEASURES[name];
  if (!take) {
    throw new Error(`There is no measure ${name}; there are ${Object.keys(MEASURES).join(", ")}.`);
  }
  return { name, ...(await take(seed)) };
}

async function orchestrate(): Promise<number> {
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
      const { id, survived, seconds, reason = "", lacks } = line.row;
      if (!survived && !line.control) failed.push(id);
      const fault = rows.find((row) => row.id === id)?.fault;
      const outcome = survived ? "survived" : `NOT SURVIVED${line.control ? ` (${lacks})` : ""}`;
      console.log(`${line.control ? "control " : ""}${id} ${outcome} (${seconds} s): ${fault}`);
      // Of the control it is what is expected, and wanted only where nothing else is asked for.
      if (reason && (!line.control || options.control)) console.log(`  ${reason.replaceAll("\n", "\n  ")}`);
    }
  };
  const tasks = planned();
  if (tasks.length === 0) {
    console.error("There is no such row. Ids are A1 to K10; see test/faults/rows.");
    return 2;
  }
  await runTasks({ tasks, atOnce: 2, start, take });
  console.log(`\n${summary(report)}`);
  const leftOut = skipped.filter(({ id }) => whole || section?.includes(id.charAt(0)));
  for (const { id, fault, reason } of leftOut) console.log(`left out: ${id} ${fault}: ${reason}`);
  const written = new Set([...rows, ...skipped].map(({ id }) => id));
  const missing = everyId().filter((id) => !written.has(id));
  if (whole && missing.length > 0) console.log(`neither tried nor left out: ${missing.join(", ")}`);
  if (whole) {
    writeReport(report, rows);
    console.log("written: .faults/report.json, docs/reliability.md");
  }
  if (failed.length > 0) console.log(`not as it should be: ${failed.join(", ")}; seed ${seed}`);
  return failed.length > 0 || (whole && missing.length > 0) ? 1 : 0;
}

/** One process for each measure, and for each section and kind. The longest come first. */
function planned(): Task[] {
  const names = measure?.split(",") ?? (whole ? Object.keys(MEASURES) : []);
  const measures = names.map((name) => ({ rows: [], control: false, measure: name }));
  if (measure) {
    return measures;
  }
  const wanted = new Set(ids?.split(","));
  const chosen = rows
    .filter(({ id }) => (!section && !ids) || section?.includes(id.charAt(0)) || wanted.has(id))
    .filter(({ slow }) => !fast || slow === undefined)
    .map(({ id }) => id);
  const bySection = Object.keys(SECTIONS)
    .map((letter) => chosen.filter((id) => id.startsWith(letter)))
    .filter((some) => some.length > 0);
  const kinds = options.control ? [true] : [false, true];
  return [...measures, ...bySection.flatMap((some) => kinds.map((kind) => ({ rows: some, control: kind })))];
}

function start(task: Task) {
  const what = task.measure === undefined ? ["--rows", task.rows.join(",")] : ["--measure", task.measure];
  const kind = task.control ? ["--control"] : [];
  return spawn(process.execPath, [import.meta.filename, "--worker", "--seed", String(seed), ...what, ...kind], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
