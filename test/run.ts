// node test/run.ts [--suite everyday|all|unit] [file ...]: runs a suite, or the files that are named.
// However it ends, no process of a test is left, and no temporary file.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { removeState } from "../sandbox/postgres/placement.ts";
import { filesOf, SUITE_VARIABLE, type Suite } from "./suites.ts";

/** Milliseconds between the signal and SIGKILL. */
const GRACE = 3_000;

const { values, positionals } = parseArgs({
  options: { suite: { type: "string", default: "all" } },
  allowPositionals: true,
});
const files = positionals.length > 0 ? positionals : filesOf(values.suite as Suite);

/** All temporary files of the run. Its name in a process's environment marks the process as one of this run. */
const temporary = mkdtempSync(join(tmpdir(), "ep-"));
// PostgreSQL runs under an account of its own when root starts it, and has its files in there.
chmodSync(temporary, 0o711);

const runner = spawn(process.execPath, [join(import.meta.dirname, "runFiles.ts"), ...files], {
  stdio: ["ignore", "inherit", "inherit"],
  // A session of its own: Ctrl-C in the terminal reaches this process alone, which then ends the tests.
  detached: true,
  env: { ...process.env, TMPDIR: temporary, [SUITE_VARIABLE]: values.suite },
});
let signal: NodeJS.Signals | undefined;
const seen = new Set<string>();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (signal) void end(0);
    signal = name;
    void end(GRACE);
  });
}
const [exitCode] = (await once(runner, "exit")) as [number | null];
await end(GRACE);
// With the data that PostgreSQL, started by root, has in /var/tmp: its notes are in this folder.
removeState(temporary);
process.exit(signal ? 128 + constants.signals[signal] : (exitCode ?? 1));

/** Ends every process of the run: asks each to end, and kills what is left after the grace. */
async function end(grace: number): Promise<void> {
  const deadline = performance.now() + grace;
  for (const { pid } of ofThisRun()) kill(pid, "SIGTERM");
  for (let left = ofThisRun(); left.length > 0; left = ofThisRun()) {
    if (performance.now() >= deadline) for (const { pid } of left) kill(pid, "SIGKILL");
    await delay(20);
  }
}

interface Process {
  pid: number;
  parent: number;
  session: number;
  /** The id with the time at which the process began, by which it differs from a later one of the same id. */
  identity: string;
}

/**
 * The processes that the run started: its session, whatever has the run's folder in its environment, and everything that
 * descends from these. One that was seen once stays one of the run when its parent ends.
 */
function ofThisRun(): Process[] {
  const all = readdirSync("/proc").flatMap((name) => processOf(Number(name)) ?? []);
  const found = all.filter((one) => one.session === runner.pid || seen.has(one.identity) || isMarked(one.pid));
  for (const one of found) seen.add(one.identity);
  for (const one of found) {
    for (const child of all.filter(({ parent }) => parent === one.pid)) {
      if (seen.has(child.identity)) continue;
      seen.add(child.identity);
      found.push(child);
    }
  }
  return found.filter(({ pid }) => pid !== process.pid);
}

/** What Linux says of a live process; undefined for one that has ended. */
function processOf(pid: number): Process | undefined {
  if (!(pid > 0)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, parent, , session] = fields;
    if (state === "Z" || state === "X") return undefined;
    return { pid, parent: Number(parent), session: Number(session), identity: `${pid} ${fields[19]}` };
  } catch {
    return undefined;
  }
}

function isMarked(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes(temporary);
  } catch {
    return false;
  }
}

function kill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
