import assert from "node:assert/strict";
import { test } from "node:test";
import { Supervisor } from "../../../sandbox/processes/supervisor.ts";
import { identify } from "../../../tools/pulumi/processes.ts";

test("a command ends with its background processes, while another command runs on", async (t) => {
  const supervisor = new Supervisor();
  t.after(() => supervisor.close("SIGKILL", 0));
  const run = (script: string, onLine: (line: string) => void) =>
    supervisor.run(["bash", "-c", script], { env: process.env, stdin: "ignore", onLine });
  const { promise: otherRuns, resolve } = Promise.withResolvers<number>();
  const other = run("echo $$; exec sleep 300", (line) => resolve(Number(line)));
  const otherPid = await otherRuns;
  const background: number[] = [];
  // A process group of its own, as the Pulumi CLI gives its plugins.
  const exitCode = await run("set -m; sleep 300 & echo $!; exit 3", (line) => background.push(Number(line)));
  assert.equal(exitCode, 3);
  assert.deepEqual(background.map(identify), [undefined]);
  assert.notEqual(identify(otherPid), undefined);
  await supervisor.end("SIGTERM");
  assert.equal(await other, 143);
  assert.equal(await run("exit 0", () => {}), 143, "nothing starts after the end");
});
