// Runs test files side by side, each in a process of its own, and reports as `node --test` does. Started by run.ts.
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";

/** A file waits for processes, sleeps and sockets for a third of its time, so there is one more at a time than processors. */
const concurrency = Number(process.env.TEST_CONCURRENCY ?? availableParallelism() + 1);

const stream = run({ files: process.argv.slice(2), concurrency, isolation: "process" });
stream.on("test:fail", ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
const output = stream.compose(new spec());
output.pipe(process.stdout);
await once(output, "end");
