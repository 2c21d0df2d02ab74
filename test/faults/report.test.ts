import assert from "node:assert/strict";
import { test } from "node:test";
import { type Report, summary, table } from "./report.ts";
import type { FaultRow } from "./row.ts";

const row = (id: string): FaultRow => ({
  id,
  fault: "a | in it",
  injected: "",
  seen: "",
  never: "",
  level: "check",
  run: async () => {},
});

const report: Report = {
  commit: "abc1234",
  changed: true,
  seed: 7,
  versions: { node: "24" },
  machine: "2 cores",
  rows: [
    { id: "A1", survived: true, seconds: 1 },
    { id: "A2", survived: false, reason: "gone", lacks: "deeds", seconds: 1 },
  ],
  control: [
    { id: "A1", survived: false, reason: "no remedy", lacks: "words", seconds: 1 },
    { id: "A2", survived: true, seconds: 1 },
  ],
  skipped: [{ id: "A3", fault: "another", reason: "for a reason" }],
  measures: [{ name: "names", what: "names of all kinds", tried: 5, asTheyShould: 4, notes: ["seed 7"] }],
};

test("the summary counts ours, the control, and what the control lacked", () => {
  assert.match(summary(report), /^survived 1 of 2; control, .*, 1 of 2: .* in 1, .* in 0$/);
});

test("the report has every row, failure, skipped fault and the run's versions", () => {
  const text = table(report, [row("A1"), row("A2"), row("A4")]);
  assert.match(text, /Commit abc1234 with changes, seed 7; node 24; 2 cores/);
  assert.match(text, /\| A1 a \\\| in it \|.*\| yes \| \*\*no\*\* \(words\) \|/);
  assert.match(text, /\| A2 .*\| \*\*no\*\* \(deeds\) \| yes \|/);
  assert.match(text, /\| A4 .*\| - \| - \|/);
  assert.match(text, /- A3 another: for a reason/);
  assert.match(text, /\| names \| names of all kinds \| 4 of 5 \| seed 7 \|/);
});
