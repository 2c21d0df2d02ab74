// Prints the folder of a Pulumi CLI that this program can run on; gets one first if necessary. With --pinned it is the pinned
// version, whatever is on PATH: a pipeline's machine has one that changes by itself.
import { pulumiFolder } from "./pulumiCli.ts";

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(signal, () => process.exit(code));
}

try {
  console.log(await pulumiFolder({ log: (line) => console.error(line), pinned: process.argv.includes("--pinned") }));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
