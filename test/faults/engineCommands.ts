import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Script, ScriptedInputs } from "./stackProgram/scripted.ts";

/** What the CLI is asked for. */
export type Verb = "up" | "upRefresh" | "refresh" | "destroy";

/**
 * A command, what the program says (`key=value`), and what goes wrong. Together they lead a resource through every way that it can
 * go, so that {@link Stack} can be held against the engine.
 */
export const COMMANDS: [verb: Verb, program: string, script?: Script][] = [
  ["up", "a=1", { check: "refuses" }],
  ["up", "a=1", { create: "fails" }],
  ["up", "a=1", { create: "failsAfterwards" }],
  ["up", "a=1"],
  ["up", "a=1"],
  ["up", "a=2", { update: "fails" }],
  ["up", "a=2", { update: "failsAfterwards" }],
  ["refresh", "a=2", { read: "fails" }],
  ["refresh", "a=2"],
  ["up", "a=2"],
  ["up", "a=3", { update: "failsAfterwards" }],
  ["upRefresh", "a=3", { read: "changed" }],
  ["refresh", "a=3", { read: "changed" }],
  ["up", "a=3"],
  ["up", "b=3", { delete: "fails" }],
  ["up", "b=3", { create: "fails" }],
  ["refresh", "b=3"],
  ["up", "a=3", { create: "fails" }],
  ["up", "b=3", { create: "failsAfterwards" }],
  ["up", "b=3"],
  ["up", "c=3", { createBeforeDelete: true, create: "fails" }],
  ["up", "c=3", { createBeforeDelete: true, create: "failsAfterwards" }],
  ["up", "c=3"],
  ["up", "d=3", { createBeforeDelete: true, delete: "fails" }],
  ["up", "d=3"],
  ["refresh", "d=3", { read: "gone" }],
  ["up", "d=3"],
  ["destroy", "d=3", { delete: "fails" }],
  ["destroy", "d=3"],
];

/** What a command came to: the functions that were called, and what is kept. */
export interface Outcome {
  command: string;
  succeeded: boolean;
  calls: string[];
  state?: { id: string; inputs: string; outputs: string; initErrors: boolean };
  /** Ids of resources that are still to be deleted. */
  pendingDeletes: string[];
}

/** The engine, or what stands in for it. */
export interface Side {
  /** Folder of its own, for the script and the list of calls. */
  dir: string;
  /** Answers whether the command succeeded. */
  run(verb: Verb, inputs: ScriptedInputs): Promise<boolean>;
  state(): Pick<Outcome, "state" | "pendingDeletes">;
}

/** Runs all commands, one after another. */
export async function outcomes(side: Side): Promise<Outcome[]> {
  mkdirSync(side.dir, { recursive: true });
  const calls = join(side.dir, "calls");
  const all: Outcome[] = [];
  for (const [verb, program, script = {}] of COMMANDS) {
    const [key = "", value = ""] = program.split("=");
    writeFileSync(join(side.dir, "script.json"), JSON.stringify(script));
    writeFileSync(calls, "");
    const succeeded = await side.run(verb, { key, value, dir: side.dir });
    const called = readFileSync(calls, "utf8").split("\n").slice(0, -1);
    const command = [verb, program, ...Object.entries(script).map((entry) => entry.join(" "))].join(", ");
    all.push(JSON.parse(JSON.stringify({ command, succeeded, calls: called, ...side.state() })));
  }
  return all;
}

const RECORDED = join(import.meta.dirname, "stackProgram/recorded.jsonl");

/** What the real engine made of the commands, as `node test/faults/recordEngine.ts` wrote it down. */
export function recorded(): Outcome[] {
  const lines = readFileSync(RECORDED, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** Writes down what the real engine made of the commands. */
export function record(all: Outcome[]): void {
  writeFileSync(RECORDED, all.map((one) => `${JSON.stringify(one)}\n`).join(""));
}
