import type { Report } from "./operation.ts";

/**
 * Lines on standard output reach the person through the engine's log. When the engine is gone, killed or interrupted twice, nobody
 * waits for an answer any more: the operation ends here, and the next `up` takes up what it left.
 */
export const report: Report = (line) => {
  if (process.stdout.listenerCount("error", endWithEngine) === 0) {
    process.stdout.on("error", endWithEngine);
  }
  console.log(line);
};

/** Otherwise the host of dynamic providers would report the broken pipe on another broken pipe, for ever. */
function endWithEngine(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") {
    process.exit(1);
  }
}
