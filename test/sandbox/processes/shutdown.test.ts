import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Shutdown } from "../../../sandbox/processes/shutdown.ts";
import { Supervisor } from "../../../sandbox/processes/supervisor.ts";

/** A command that tells its id, tells when it is told to end, goes on, and says that it is alive when asked by SIGUSR1. */
function goingOn(tree: Supervisor) {
  const { promise: ready, resolve: isReady } = Promise.withResolvers<number>();
  const { promise: told, resolve: isTold } = Promise.withResolvers<void>();
  const { promise: alive, resolve: isAlive } = Promise.withResolvers<void>();
  const script =
    "trap 'echo told' INT; trap '' TERM HUP; trap 'echo alive' USR1; echo $$; while :; do sleep 0.05; done";
  const outcome = tree.run(["bash", "-c", script], {
    env: process.env,
    stdin: "ignore",
    onLine: (line) => {
      if (line === "told") isTold();
      else if (line === "alive") isAlive();
      else isReady(Number(line));
    },
  });
  return { ready, told, alive, outcome };
}

describe("shutdown", { timeout: 300_000 }, () => {
  test("the first Ctrl-C waits for the command, the second kills it, SIGHUP does not", async (t) => {
    const tree = new Supervisor();
    t.after(() => tree.end("SIGKILL", 0));
    const lines: string[] = [];
    const shutdown = new Shutdown(tree, { log: (line) => lines.push(line), graceSeconds: 3600 });
    try {
      const { ready, told, alive, outcome } = goingOn(tree);
      const pid = await ready;
      const received = once(process, "SIGINT");
      process.kill(process.pid, "SIGINT");
      await received;
      await told;
      assert.equal(shutdown.signal, "SIGINT");
      assert.equal(shutdown.wasIdle, false);
      assert.match(lines.join(), /3600 s at most. Ctrl-C again kills it/);
      const closed = once(process, "SIGHUP");
      process.kill(process.pid, "SIGHUP");
      await closed;
      process.kill(pid, "SIGUSR1");
      await Promise.race([alive, outcome.then(() => assert.fail("SIGHUP after another signal killed it"))]);
      process.kill(process.pid, "SIGINT");
      assert.deepEqual(await outcome, 137);
      assert.equal(lines.length, 1);
    } finally {
      await tree.close();
      shutdown.over();
    }
  });

  test("without a running command it ends at once and silently", async () => {
    const tree = new Supervisor();
    const lines: string[] = [];
    const shutdown = new Shutdown(tree, { log: (line) => lines.push(line) });
    process.kill(process.pid, "SIGTERM");
    await shutdown.received;
    assert.equal(shutdown.wasIdle, true);
    assert.deepEqual(lines, []);
    await tree.close();
    shutdown.over();
  });
});
