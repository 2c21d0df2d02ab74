// A process of its own for one operation, so that it can be killed in the middle: a job on standard input, its result on standard
// output. It loads everything before it waits for the job.
import { text } from "node:stream/consumers";
import * as runtime from "../../components/principal/runtime.ts";
import type { Job } from "./sweepScenarios.ts";

process.stderr.write("ready\n");
const { operation, args }: Job = JSON.parse(await text(process.stdin));
console.log = () => {};
await (runtime[operation] as (...all: unknown[]) => Promise<unknown>)(...args);
process.stdout.write("done\n");
