import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Ending } from "../../sandbox/ending.ts";
import { ProcessTree } from "../../sandbox/processTree.ts";

/** A command that says when it is told to end, and goes on; its second line ends the wait for the signal. */
function goingOn(tree: ProcessTree) {
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();
  const { promise: told, resolve: isTold } = Promise.withResolvers<void>();
  const script = "trap 'echo told' INT; trap '' TERM HUP; echo ready; while :; do sleep 0.05; done";
  const outcome = tree.run(["bash", "-c", script], {
    env: process.env,
    stdin: "ignore",
    onLine: (line) => (line === "ready" ? isReady() : isTold()),
  });
  return { ready, told, outcome };
}

describe("the end of a run", { timeout: 30_000 }, () => {
  test("a command has its time after the first signal, and is killed at the second; a closed terminal is none", async (t) => {
    const tree = new ProcessTree();
    t.after(() => tree.end("SIGKILL", 0));
    const lines: string[] = [];
    const ending = new Ending(tree, { log: (line) => lines.push(line), graceSeconds: 3600 });
    try {
      const { ready, told, outcome } = goingOn(tree);
      await ready;
      const received = once(process, "SIGINT");
      process.kill(process.pid, "SIGINT");
      await received;
      await told;
      assert.equal(ending.signal, "SIGINT");
      assert.equal(ending.wasIdle, false);
      assert.match(lines.join(), /3600 s at most. Ctrl-C again kills it/);
      const closed = once(process, "SIGHUP");
      process.kill(process.pid, "SIGHUP");
      await closed;
      assert.equal(tree.isBusy, true, "SIGHUP after a signal kills nothing");
      process.kill(process.pid, "SIGINT");
      assert.deepEqual(await outcome, { exitCode: 137 });
      assert.equal(lines.length, 1);
    } finally {
      await tree.close();
      ending.over();
    }
  });

  test("with nothing to wait for it is over at once, and says nothing", async () => {
    const tree = new ProcessTree();
    const lines: string[] = [];
    const ending = new Ending(tree, { log: (line) => lines.push(line) });
    process.kill(process.pid, "SIGTERM");
    await ending.received;
    assert.equal(ending.wasIdle, true);
    assert.deepEqual(lines, []);
    await tree.close();
    ending.over();
  });
});
