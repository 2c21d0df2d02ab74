// Makes once what the pipelines need on Azure; see docs/bootstrap.md. Shows the plan unless --apply is given.
import { setTimeout as delay } from "node:timers/promises";
import { bootstrap } from "./bootstrap.ts";
import { Problem } from "./problem.ts";

const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => interrupted.abort());
}

try {
  await bootstrap({
    argv: process.argv.slice(2),
    env: process.env,
    write: (text) => process.stdout.write(text),
    signal: interrupted.signal,
    wait: (milliseconds) => delay(milliseconds, undefined, { signal: interrupted.signal }),
  });
} catch (error) {
  if (interrupted.signal.aborted) {
    console.error("\nInterrupted. Run the same command again: what is there is kept, and it goes on with the rest.");
    process.exitCode = 130;
  } else if (error instanceof Problem) {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
