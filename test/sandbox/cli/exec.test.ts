import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

const EXEC = new URL("../../../sandbox/cli/exec.ts", import.meta.url).href;
const NAME = "EXEC_TEST_NAME";
const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Starts a process that runs `script` by `execute`. Every process below it is found by a name of the test's own. */
function executing(
  script: string,
  graceSeconds = 0.3,
): {
  child: ChildProcess;
  name: string;
  ready: Promise<void>;
  told: Promise<void>;
  exitCode: Promise<number>;
} {
  const name = randomUUID();
  const program = `import { execute } from ${JSON.stringify(EXEC)};
    process.exitCode = await execute(["bash", "-c", ${JSON.stringify(script)}], { env: process.env, graceSeconds: ${graceSeconds} });`;
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

/** Live processes with the test's name in their environment or their arguments. */
function processesOf(name: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => Number(pid) > 0)
    .filter((pid) => {
      try {
        if (/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return false;
        if (readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${NAME}=${name}`)) return true;
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(name);
      } catch {
        return false;
      }
    });
}

async function noneLeft(name: string): Promise<void> {
  // Bounded by the test's own time limit: a process that stays keeps the test from ending well.
  while (processesOf(name).length > 0) await delay(20);
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

describe("exec leaves no process behind", { timeout: 300_000 }, () => {
  test("after the command ended well", async () => {
    const run = executing(`${FAMILY}; exit 0`);
    assert.equal(await run.exitCode, 0);
    assert.deepEqual(processesOf(run.name), []);
  });

  test("after an error, whose exit code it returns", async () => {
    const run = executing(`${FAMILY}; exit 7`);
    assert.equal(await run.exitCode, 7);
    assert.deepEqual(processesOf(run.name), []);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    test(`after ${signal} to it, with a command that ignores it`, async () => {
      const run = executing(`trap '' INT TERM HUP; ${FAMILY}; while :; do sleep 1; done`);
      await run.ready;
      assert.equal(processesOf(run.name).length >= 6, true, "the family is up");
      run.child.kill(signal);
      assert.equal(await run.exitCode, code);
      assert.deepEqual(processesOf(run.name), []);
    });
  }

  test("after SIGINT that the command answers with an exit code of its own", async () => {
    const run = executing(`trap 'exit 3' INT; ${FAMILY}; while :; do sleep 0.05; done`);
    await run.ready;
    run.child.kill("SIGINT");
    assert.equal(await run.exitCode, 3);
    assert.deepEqual(processesOf(run.name), []);
  });

  test("after a second SIGINT, with a command that ignores the first", async () => {
    const run = executing(`trap '' TERM HUP; trap 'echo told' INT; ${FAMILY}; while :; do sleep 0.05; done`, 3600);
    await run.ready;
    run.child.kill("SIGINT");
    await run.told;
    run.child.kill("SIGINT");
    assert.equal(await run.exitCode, 130);
    assert.deepEqual(processesOf(run.name), []);
  });

  test("after SIGKILL to it", async () => {
    const run = executing(`trap '' INT TERM; ${FAMILY}; while :; do sleep 1; done`);
    await run.ready;
    assert.equal(processesOf(run.name).length >= 6, true, "the family is up");
    run.child.kill("SIGKILL");
    await run.exitCode;
    await noneLeft(run.name);
  });

  test("when the command does not exist, which it says", async () => {
    const { execute } = await import("../../../sandbox/cli/exec.ts");
    await assert.rejects(execute(["/nonexistent/command"], { env: {} }), /Command not found: \/nonexistent\/command/);
  });
});
