import { availableParallelism, cpus } from "node:os";
import { checkedOutCommit } from "../tools/commit.ts";
import { Program, UP } from "../tools/harness/program.ts";
import { loginComparisons } from "./logins.ts";
import { previewComparisons } from "./previews.ts";
import { type Result, sideBySide, table } from "./sideBySide.ts";

const PROJECT = new URL("..", import.meta.url).pathname;

// What `make bench` runs: the program on a sandbox of its own, and pairs of ways to do the same, measured side by side.
console.error("Starting a sandbox ...");
const program = await Program.start();
try {
  console.error("Bringing the program up on a sandbox ...");
  program.configure();
  await program.init("sandbox");
  await program.succeed(UP);
  const results: Result[] = [];
  for (const comparison of [...(await previewComparisons(program)), ...(await loginComparisons(program))]) {
    console.error(`Measuring ${comparison.what} ...`);
    const onRun = (run: number) => console.error(`  run ${run} of ${comparison.runs}`);
    results.push(await sideBySide(comparison, undefined, onRun));
  }
  const [processor] = cpus();
  console.log(`\n${table(results)}\n`);
  console.log(
    `Medians, with least and most; commit ${checkedOutCommit(PROJECT)}, Node.js ${process.version}, ${availableParallelism()} processors ` +
      `(${processor?.model.trim() ?? "unknown"}). Only ratios of one run can be compared.`,
  );
} finally {
  await program.stop();
}
