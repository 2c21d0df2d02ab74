import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { FaultContext } from "./context.ts";
import type { SeenMessage } from "./cutting.ts";
import type { Prepared } from "./prepared.ts";
import type { Measure } from "./report.ts";
import { SCHEMA_SCENARIOS } from "./schemaScenarios.ts";
import { ROLE_SCENARIOS } from "./sweepScenarios.ts";

/** Of the messages of the operations on a schema, the share that `make faults` cuts at. */
const EVERY = 3;

/** What came of one operation's sweep. */
export interface SweepResult {
  operation: string;
  /** Messages of the recorded run, in both directions, steps before TLS included. */
  messages: number;
  /** Cuts made. */
  cuts: number;
  failures: string[];
}

/** Options of {@link sweep}. */
export interface SweepOptions {
  scenarios: Record<string, (context: FaultContext) => Promise<Prepared>>;
  /** What happens at the message: the connection is reset, or the process that runs the operation is killed. */
  fault: "reset" | "kill";
  /** Cuts at every so manieth message only. @default 1 */
  every?: number;
}

/**
 * Records a run of each operation without a fault, then runs it once for every message of that run, with the fault in place of that
 * message. After any of them, one more run must make the role as the program says; the state is not edited.
 */
export async function sweep(
  context: FaultContext,
  { scenarios, fault, every = 1 }: SweepOptions,
): Promise<SweepResult[]> {
  const results: SweepResult[] = [];
  const processes = fault === "kill" ? new Processes() : undefined;
  try {
    for (const [operation, prepare] of Object.entries(scenarios)) {
      const recorded = await record(context, prepare);
      const result: SweepResult = { operation, messages: recorded.length, cuts: 0, failures: [] };
      for (const target of recorded.filter((_, at) => at % every === 0)) {
        result.cuts += 1;
        try {
          await cutAt(context, await prepare(context), target, processes);
        } catch (error) {
          const where = `${target.connection}/${target.direction}/${target.ordinal} ${target.type}`;
          result.failures.push(`${operation} ${fault} at ${where}: ${(error as Error).message}`);
          await context.reset();
        }
      }
      results.push(result);
    }
  } finally {
    processes?.end();
  }
  return results;
}

async function record(
  context: FaultContext,
  prepare: (context: FaultContext) => Promise<Prepared>,
): Promise<SeenMessage[]> {
  const prepared = await prepare(context);
  context.cutter.reset();
  await prepared.run();
  const recorded = [...context.cutter.seen];
  await prepared.verify();
  return recorded;
}

async function cutAt(
  context: FaultContext,
  prepared: Prepared,
  target: SeenMessage,
  processes: Processes | undefined,
): Promise<void> {
  const matches = ({ connection, direction, ordinal }: SeenMessage) =>
    connection === target.connection && direction === target.direction && ordinal === target.ordinal;
  context.cutter.reset();
  if (processes) {
    const child = await processes.take();
    context.cutter.cuts = [{ matches, action: "stall", onCut: () => child.kill("SIGKILL") }];
    child.stdin?.end(JSON.stringify(prepared.job));
    // The state is what the engine would have: nothing was answered. A run that ends all the same was over before the message.
    await once(child, "exit");
  } else {
    context.cutter.cuts = [{ matches, action: "reset" }];
    await prepared.run().catch(async (error) => await context.failure(Promise.reject(error)));
  }
  context.cutter.reset();
  await prepared.verify();
}

/** Processes that have loaded everything and wait for a job; the next one is started while one works. */
class Processes {
  #next = this.#start();

  async take(): Promise<ChildProcess> {
    const [child] = await this.#next;
    this.#next = this.#start();
    return child;
  }

  end(): void {
    void this.#next.then(([child]) => child.kill("SIGKILL"));
  }

  #start(): Promise<[ChildProcess]> {
    const child = spawn(process.execPath, [join(import.meta.dirname, "operationProcess.ts")], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    child.stdin?.on("error", () => {});
    return once(child.stderr as NodeJS.ReadableStream, "data").then(() => [child]);
  }
}

/** The whole sweep, as a measure of `make faults`. */
export async function measureSweep(fault: SweepOptions["fault"]): Promise<Omit<Measure, "name">> {
  const context = await FaultContext.open();
  try {
    const results = [
      ...(await sweep(context, { scenarios: ROLE_SCENARIOS, fault })),
      // Nearly all of these messages lie in one transaction, of which no cut leaves a trace.
      ...(await sweep(context, { scenarios: SCHEMA_SCENARIOS, fault, every: EVERY })),
    ];
    const tried = results.reduce((sum, { cuts }) => sum + cuts, 0);
    const failures = results.flatMap((one) => one.failures);
    return {
      what:
        fault === "reset"
          ? "the connection is reset in place of each message of a recorded run"
          : "the process is killed at each message of a recorded run",
      tried,
      asTheyShould: tried - failures.length,
      notes: [
        results.map(({ operation, messages }) => `${operation}: K = ${messages}`).join(", "),
        `of a schema every ${EVERY}rd message`,
        "the state was not edited",
        ...failures,
      ],
    };
  } finally {
    await context.close();
  }
}
