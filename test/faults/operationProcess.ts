// A process of its own for one operation, so that it can be killed in the middle: a job on standard input, its result on standard
// output. It loads everything before it waits for the job.
import { text } from "node:stream/consumers";
import * as schema from "../../components/access/schemaAccessRuntime.ts";
import * as principal from "../../components/principal/runtime.ts";
import type { Job } from "./prepared.ts";

process.stderr.write("ready\n");
const { of, operation, args }: Job = JSON.parse(await text(process.stdin));
console.log = () => {};
const work = { principal, schema }[of][operation] as (...all: unknown[]) => Promise<unknown>;
await work(...args);
process.stdout.write("done\n");
