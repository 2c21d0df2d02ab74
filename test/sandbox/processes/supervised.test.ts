import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { supervised } from "../../../sandbox/processes/shutdown.ts";
import { processesWith } from "../../harness/liveProcesses.ts";

const SHUTDOWN = new URL("../../../sandbox/processes/shutdown.ts", import.meta.url).href;
const NAME = "EXEC_TEST_NAME";
const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Starts a process that runs a script under supervision. A unique name marks all of its processes. */
function executing(script: string, graceSeconds = 0.3) {
  const name = randomUUID();
  const program = `import { supervised } from ${JSON.stringify(SHUTDOWN)};
    process.exitCode = await supervised({ graceSeconds: ${graceSeconds} }, (supervisor) =>
      supervisor.run(["bash", "-c", ${JSON.stringify(script)}], { env: process.env }));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, [NAME]: name },
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout });
  const said = (word: string) => new Promise<void>((resolve) => lines.on("line", (line) => line === word && resolve()));
  const [ready, told] = [said("ready"), said("told")];
  const exitCode = once(child, "exit").then(([code]) => code as number);
  return { child, name, ready, told, exitCode };
}

/**
 * A grandchild in the same group, one in a group of its own (as the Pulumi CLI starts plugins), one in a session of its own, one
 * with an empty environment.
 */
const FAMILY = [
  "(sleep 300 & sleep 300 & wait) &",
  "(set -m; sleep 300 &) ;",
  "setsid sleep 300 &",
  `env -i /bin/bash -c "exec -a $${NAME} sleep 300" &`,
  "echo ready",
].join(" ");

describe("a supervised command leaves no process", { timeout: 300_000 }, () => {
  for (const code of [0, 7]) {
    test(`after its end, and its exit code is ${code}`, async () => {
      const run = executing(`${FAMILY}; exit ${code}`);
      assert.equal(await run.exitCode, code);
      assert.deepEqual(processesWith(run.name), []);
    });
  }

  const ignoring = "trap '' INT TERM HUP";
  for (const [what, trap, signals, code] of [
    ["SIGINT, which it ignores", ignoring, ["SIGINT"], 130],
    ["SIGTERM, which it ignores", ignoring, ["SIGTERM"], 143],
    ["SIGHUP, which it ignores", ignoring, ["SIGHUP"], 129],
    ["SIGINT that it answers with an exit code", "trap 'exit 3' INT", ["SIGINT"], 3],
    ["a second SIGINT", "trap '' TERM HUP; trap 'echo told' INT", ["SIGINT", "SIGINT"], 130],
  ] as const) {
    test(`after ${what}`, async () => {
      const run = executing(`${trap}; ${FAMILY}; while :; do sleep 0.05; done`, signals.length > 1 ? 3600 : 0.3);
      await run.ready;
      assert.equal(processesWith(run.name).length >= 6, true, "the family is up");
      for (const [index, signal] of signals.entries()) {
        if (index > 0) await run.told;
        run.child.kill(signal);
      }
      assert.equal(await run.exitCode, code);
      assert.deepEqual(processesWith(run.name), []);
    });
  }

  test("after SIGKILL to its supervisor", async () => {
    const run = executing(`trap '' INT TERM; ${FAMILY}; while :; do sleep 1; done`);
    await run.ready;
    assert.equal(processesWith(run.name).length >= 6, true, "the family is up");
    run.child.kill("SIGKILL");
    await run.exitCode;
    // Bounded by the test's own time limit.
    while (processesWith(run.name).length > 0) await delay(20);
  });
});

test("an unknown command is an error that names it", async () => {
  const missing = supervised({}, (supervisor) => supervisor.run(["/nonexistent/command"], { env: {} }));
  await assert.rejects(missing, /Command not found: \/nonexistent\/command/);
});
