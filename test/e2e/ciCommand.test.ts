import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { resultTable } from "../../sandbox/cli/ci.ts";
import { summaryHead } from "../../sandbox/cli/preview.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";

const PROJECT = join(import.meta.dirname, "../..");
const NAME = "CI_COMMAND_TEST";
const started: ChildProcess[] = [];
let folder: string;
before(async () => {
  folder = await pulumiFolder({ log: (line) => console.error(line) });
});
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Runs the workflows in a process of its own, with temporary files in a folder of its own. */
function runs(workflows: string) {
  const [temporary, name] = [mkdtempSync(join(tmpdir(), "ci-command-")), randomUUID()];
  // PostgreSQL's own account, which the sandbox of root runs it as, has its socket in there.
  chmodSync(temporary, 0o711);
  after(() => rmSync(temporary, { recursive: true, force: true }));
  const program = `import { runWorkflows, WORKFLOWS } from "./sandbox/cli/ci.ts";
    process.exitCode = await runWorkflows({ providers: "emulator", pulumiFolder: ${JSON.stringify(folder)} }, ${workflows});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: PROJECT,
    env: { ...process.env, TMPDIR: temporary, [NAME]: name },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  started.push(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const said = (text: string) =>
    new Promise<void>((resolve) => reader.on("line", (line) => line.includes(text) && resolve()));
  const ended = Promise.all([once(child, "exit"), once(reader, "close")]).then(([[code]]) => code as number);
  return { child, name, temporary, lines, said, ended };
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

/** What of the folder for temporary files is ours: ts-node and Node.js keep caches there. */
function ours(temporary: string): string[] {
  return readdirSync(temporary).filter((file) => /^(entra-postgres|epg)-/.test(file));
}

/** Where the data of PostgreSQL lies, which the sandbox of root has elsewhere. */
function dataFolders(temporary: string): string[] {
  const files = readdirSync(temporary, { recursive: true, encoding: "utf8" }).map((file) => join(temporary, file));
  const elsewhere = files.filter((file) => basename(file) === "data-directory");
  return [
    ...elsewhere.map((file) => readFileSync(file, "utf8").trim()),
    ...files.filter((file) => basename(file) === "PG_VERSION" && basename(dirname(file)) === "data").map(dirname),
  ];
}

test("the first step that fails ends it with exit code 1, and nothing of it stays", async () => {
  const broken = runs(`[{ name: "broken", job: "nonsense" }, { name: "never", job: "preview" }]`);
  const exitCode = await broken.ended;
  const text = broken.lines.join("\n");
  assert.equal(exitCode, 1, text);
  assert.match(text, /== broken\n/);
  assert.match(text, /\n {2}broken +\d+\.\d s {2}FAILED: exit code 2\n\nThe first failed step ended the run/);
  assert.doesNotMatch(text, /never/);
  assert.deepEqual(ours(broken.temporary), []);
  assert.deepEqual(processesOf(broken.name), []);
});

test("Ctrl-C in the middle of an update leaves no process and no folder behind", async () => {
  const run = runs(`WORKFLOWS.filter(({ job }) => job === "up")`);
  await Promise.race([run.said("app-server created"), run.ended]);
  assert.notDeepEqual(ours(run.temporary), [], run.lines.join("\n"));
  const data = dataFolders(run.temporary);
  assert.equal(data.length, 1, "PostgreSQL runs");
  assert.ok(processesOf("none", data).length > 0);
  // As a terminal does: to the whole process group.
  process.kill(-(run.child.pid as number), "SIGINT");
  const exitCode = await run.ended;
  assert.equal(exitCode, 130, run.lines.join("\n"));
  assert.match(run.lines.join("\n"), /deploy: up.* s {2}ended by SIGINT/);
  assert.deepEqual(ours(run.temporary), []);
  assert.deepEqual(data.filter(existsSync), []);
  // Bounded by the test's own time limit: a process that stays keeps the test from shutdown well.
  while (processesOf(run.name, data).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
});

test("the table has a line for each step", () => {
  const table = resultTable([
    { name: "a", seconds: 1.26, result: "passed" },
    { name: "longer", seconds: 123, result: "FAILED: exit code 1" },
  ]);
  assert.equal(table, "  a          1.3 s  passed\n  longer   123.0 s  FAILED: exit code 1");
});

test("a terminal shows of a summary what stands before its tables", () => {
  const summary =
    "## Preview\n\n**1 to create**.\n\n### Policies\n\n`pack`: 3 rules.\n\n| rule | level |\n| --- | --- |\n\n### Changes\n";
  assert.equal(summaryHead(summary), "## Preview\n\n**1 to create**.\n\n### Policies\n\n`pack`: 3 rules.");
  assert.equal(summaryHead("## Drift\n\n**No drift**.\n"), "## Drift\n\n**No drift**.");
});
