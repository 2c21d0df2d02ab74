import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { type Line, runTasks, type Task } from "./workers.ts";

const PROGRAM = `
  const [ids, control, measure] = process.argv.slice(1);
  const say = (line) => console.log(JSON.stringify(line));
  if (measure === "good") say({ measure: { name: measure, what: "", tried: 2, asTheyShould: 2, notes: [] } });
  if (measure) process.exit(0);
  console.log("not for the report");
  for (const id of ids.split(",")) {
    if (id.startsWith("dies")) process.kill(process.pid, "SIGKILL");
    const hangs = id.startsWith("hangs");
    say({ row: { id, survived: !hangs, seconds: 0 }, control: control === "true" });
    if (hangs) process.exit(0);
  }`;

async function run(...tasks: Task[]): Promise<{ lines: Line[]; started: number }> {
  const lines: Line[] = [];
  let started = 0;
  await runTasks({
    tasks,
    atOnce: 2,
    start: ({ rows, control, measure = "" }) => {
      started += 1;
      const args = ["-e", PROGRAM, rows.join(","), String(control), measure];
      return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    },
    take: (line) => lines.push(line),
  });
  return { lines, started };
}

const rows = (lines: Line[]) => lines.map((line) => ("row" in line ? `${line.row.id} ${line.row.survived}` : ""));

test("a process that dies fails the row that was under way, and only that", async () => {
  const { lines, started } = await run({ rows: ["A1", "dies", "A3", "dies too", "A5"], control: false });
  assert.deepEqual(rows(lines), ["A1 true", "dies false", "A3 true", "dies too false", "A5 true"]);
  assert.match(JSON.stringify(lines[1]), /its process ended with SIGKILL/);
  assert.equal(started, 3);
});

test("after a row that hangs the others get a process of their own", async () => {
  const { lines, started } = await run({ rows: ["hangs", "A2", "hangs too"], control: true });
  assert.deepEqual(rows(lines), ["hangs false", "A2 true", "hangs too false"]);
  assert.ok(lines.every((line) => "row" in line && line.control));
  assert.equal(started, 2);
});

test("a measure that says nothing was not as it should be", async () => {
  const task = { rows: [], control: false };
  const { lines } = await run({ ...task, measure: "good" }, { ...task, measure: "silent" });
  const measures = lines.map((line) => ("measure" in line ? line.measure : undefined));
  assert.deepEqual(measures.map((one) => [one?.name, one?.asTheyShould === one?.tried]).sort(), [
    ["good", true],
    ["silent", false],
  ]);
});
