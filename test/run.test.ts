import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { filesOf } from "./suites.ts";

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "run-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** Starts the runner on a test file with this text. */
function runner(source: string) {
  const file = join(dir, "fixture.test.mjs");
  writeFileSync(file, source);
  // Without the variable by which Node.js tells a test file that it is run by a test runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawn(process.execPath, [join(import.meta.dirname, "run.ts"), file], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
}

/**
 * Starts `sleep` in a session of its own, as a daemon does, and two in the background. Makes a temporary folder, and one in /var/tmp that a
 * note names, as PostgreSQL's data has it.
 */
const starts = (environment: string) => `
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
const daemon = spawn("/usr/bin/env", ["sleep", "1000"], { detached: true, env: ${environment}, stdio: "ignore" });
const background = spawn("sh", ["-c", "sleep 1000 & exec sleep 1000"], { stdio: "ignore" });
const [kept, data] = [mkdtempSync(join(tmpdir(), "kept-")), mkdtempSync("/var/tmp/kept-")];
writeFileSync(join(kept, "data-directory"), join(data, "data"));
writeFileSync(process.argv[1] + ".left", JSON.stringify({ pids: [process.pid, daemon.pid, background.pid], folders: [kept, data] }));
daemon.unref(); background.unref();
`;

function left(): unknown[] {
  const made = readFileSync(join(dir, "fixture.test.mjs.left"), "utf8");
  const { pids, folders } = JSON.parse(made) as { pids: number[]; folders: string[] };
  return [...pids.filter(isAlive), ...folders.filter(existsSync)];
}

/** A process that has ended and whose parent has not asked how is still in /proc. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} ends the run with every process and temporary file of its tests`, async () => {
    const run = runner(
      `${starts("{}")} console.log("started"); test("hangs", () => new Promise(() => setInterval(() => {}, 1000)));`,
    );
    for await (const line of createInterface({ input: run.stdout })) if (line.includes("started")) break;
    assert.equal(left().length, 5);
    run.kill(signal);
    const [exitCode] = await once(run, "exit");
    assert.equal(exitCode, signal === "SIGINT" ? 130 : 143);
    assert.deepEqual(left(), []);
  });
}

test("a test that leaves processes behind ends with its run, whose totals come last", async () => {
  const run = runner(
    `${starts("process.env")} test("passes", () => {}); test("fails", () => { throw new Error("as it should") });`,
  );
  const [printed, [exitCode]] = await Promise.all([text(run.stdout), once(run, "exit")]);
  assert.equal(exitCode, 1);
  assert.match(printed, /^ℹ tests 2$[\s\S]*^ℹ pass 1$\s^ℹ fail 1$/m);
  assert.deepEqual(left(), []);
});

test("the suite of all files begins with the everyday files and has every file once", () => {
  const [everyday, all] = [filesOf("everyday"), filesOf("all")];
  assert.deepEqual(all.slice(0, everyday.length), everyday);
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(
    filesOf("unit").filter((file) => !everyday.includes(file)),
    [],
  );
});
