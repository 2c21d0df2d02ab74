// A process of its own for one operation, so that it can be killed in the middle: a job on standard input, its result on standard
// output. It loads everything before it waits for the job.
import { text } from "node:stream/consumers";
import { create, remove, update } from "../../components/principal/runtime.ts";
import type { Job } from "./sweepScenarios.ts";

process.stderr.write("ready\n");
const { operation, args }: Job = JSON.parse(await text(process.stdin));
console.log = () => {};
const functions: Record<string, (...all: never[]) => Promise<unknown>> = { create, update, remove };
await functions[operation]?.(...(args as never[]));
process.stdout.write("done\n");
