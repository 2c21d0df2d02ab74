import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { resultTable } from "../../sandbox/cli/ci.ts";
import { summaryHead } from "../../sandbox/cli/preview.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { TerminalProgram } from "../harness/terminalProgram.ts";

const NAME = "CI_COMMAND_TEST";
let folder: string;
before(async () => {
  folder = await pulumiFolder({ log: (line) => console.error(line) });
});

/** Runs the workflows in a process of its own, with temporary files in a folder of its own. */
function runs(workflows: string) {
  const [temporary, name] = [mkdtempSync(join(tmpdir(), "ci-command-")), randomUUID()];
  // The account that runs PostgreSQL when the sandbox belongs to root has its socket in there.
  chmodSync(temporary, 0o711);
  after(() => rmSync(temporary, { recursive: true, force: true }));
  const options = JSON.stringify({ providers: "emulator", pulumiFolder: folder });
  const source = `import { runWorkflows, WORKFLOWS } from "./sandbox/cli/ci.ts";
    process.exitCode = await runWorkflows(${options}, ${workflows});`;
  return { name, temporary, run: new TerminalProgram(source, { TMPDIR: temporary, [NAME]: name }) };
}

/** Live processes that come from the one with this name, or work in one of the folders. */
function processesOf(name: string, folders: readonly string[] = []): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      if (!(Number(pid) > 0) || /^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return false;
      if (readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${NAME}=${name}`)) return true;
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      return folders.some((folder) => command.includes(folder));
    } catch {
      return false;
    }
  });
}

/** The files of a temporary folder that are ours. ts-node and Node.js keep caches there. */
function ours(temporary: string): string[] {
  return readdirSync(temporary).filter((file) => /^(entra-postgres|epg)-/.test(file));
}

/** PostgreSQL's data folders. A sandbox that belongs to root has them elsewhere. */
function dataFolders(temporary: string): string[] {
  const files = readdirSync(temporary, { recursive: true, encoding: "utf8" }).map((file) => join(temporary, file));
  const elsewhere = files.filter((file) => basename(file) === "data-directory");
  return [
    ...elsewhere.map((file) => readFileSync(file, "utf8").trim()),
    ...files.filter((file) => basename(file) === "PG_VERSION" && basename(dirname(file)) === "data").map(dirname),
  ];
}

test("the first step that fails ends the run with exit code 1 and leaves nothing", async () => {
  const { name, temporary, run } = runs(`[{ name: "broken", job: "nonsense" }, { name: "never", job: "preview" }]`);
  assert.equal(await run.ended, 1, run.output);
  assert.match(run.output, /== broken\n/);
  assert.match(run.output, /\n {2}broken +\d+\.\d s {2}FAILED: exit code 2\n\nThe first failed step ended the run/);
  assert.doesNotMatch(run.output, /never/);
  assert.deepEqual(ours(temporary), []);
  assert.deepEqual(processesOf(name), []);
});

test("preflight finds no problem on a sandbox", async () => {
  const { temporary, run } = runs(`WORKFLOWS.filter(({ job }) => job === "preflight")`);
  assert.equal(await run.ended, 0, run.output);
  assert.match(run.output, /no problem, \d+ ok/);
  assert.deepEqual(ours(temporary), []);
});

test("Ctrl-C in the middle of an update leaves no process and no folder behind", async () => {
  const { name, temporary, run } = runs(`WORKFLOWS.filter(({ job }) => job === "up")`);
  await run.printed("app-server created");
  assert.notDeepEqual(ours(temporary), [], run.output);
  const data = dataFolders(temporary);
  assert.equal(data.length, 1, "PostgreSQL runs");
  assert.ok(processesOf("none", data).length > 0);
  run.interrupt();
  assert.equal(await run.ended, 130, run.output);
  assert.match(run.output, /deploy: up.* s {2}ended by SIGINT/);
  assert.deepEqual(ours(temporary), []);
  assert.deepEqual(data.filter(existsSync), []);
  // A process that stays keeps this test from ending.
  while (processesOf(name, data).length > 0) await delay(20);
});

test("the table has a line for each step", () => {
  const table = resultTable([
    { name: "a", seconds: 1.26, result: "passed" },
    { name: "longer", seconds: 123, result: "FAILED: exit code 1" },
  ]);
  assert.equal(table, "  a          1.3 s  passed\n  longer   123.0 s  FAILED: exit code 1");
});

test("a terminal shows the part of a summary before its tables", () => {
  const summary =
    "## Preview\n\n**1 to create**.\n\n### Policies\n\n`pack`: 3 rules.\n\n| rule | level |\n| --- | --- |\n\n### Changes\n";
  assert.equal(summaryHead(summary), "## Preview\n\n**1 to create**.\n\n### Policies\n\n`pack`: 3 rules.");
  assert.equal(summaryHead("## Drift\n\n**No drift**.\n"), "## Drift\n\n**No drift**.");
});
