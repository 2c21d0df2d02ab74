import { spawnSync } from "node:child_process";
import { type Problem, platformOf, problemLines } from "../problem.ts";
import { readOptions } from "../readOptions.ts";
import { stackProblem } from "../variables/requirements.ts";

/** One call of `gh`, GitHub's command line. */
export interface GhCall {
  args: string[];
  /** Standard input. */
  input?: string;
}

/** Runs `gh` and returns its standard output. @throws Error with its words when it fails */
export function gh({ args, input }: GhCall): string {
  const result = spawnSync("gh", args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    ...(input === undefined ? {} : { input }),
  });
  if (result.status !== 0) {
    const said = result.error?.message ?? result.stderr.trim();
    throw new Error(`\`gh ${args.slice(0, 2).join(" ")}\` failed: ${said}`);
  }
  return result.stdout;
}

/** What a command that calls `gh` reads and writes, for tests. */
export interface GhOptions {
  env?: Readonly<Record<string, string | undefined>>;
  call?: (call: GhCall) => string;
  log?: (line: string) => void;
}

/** A command that writes about a stack on GitHub. */
interface GhCommand<N extends string, T> {
  usage: string;
  /** Names of its options. */
  options: readonly N[];
  /** Checks the values of the options. @returns undefined for a wrong call */
  read: (values: Partial<Record<N, string>>, report: string) => T | undefined;
  /** What is not written when GitHub refuses. */
  writes: string;
  /** What the job needs. */
  permission: string;
  /** @returns the exit code */
  run: (input: T, call: (call: GhCall) => string, log: (line: string) => void) => number;
}

/**
 * Runs a command with the report in the variable REPORT.
 * @returns its exit code; 1 when GitHub refuses, 2 for a wrong call
 */
export function runGhCommand<N extends string, T>(
  { usage, options, read, writes, permission, run }: GhCommand<N | "stack", T>,
  args: readonly string[],
  { env = process.env, call = gh, log = console.log }: GhOptions,
): number {
  const platform = platformOf(env);
  const say = (problem: Problem) => {
    for (const line of problemLines([problem], platform)) log(line);
  };
  let values: Partial<Record<N | "stack", string>> = {};
  try {
    values = readOptions(options, args);
  } catch {
    // Without values the call is wrong.
  }
  const input = read(values, (env.REPORT ?? "").trim());
  const problem = stackProblem(values.stack, platform);
  if (problem !== undefined) say(problem);
  else if (input === undefined) log(`Usage: REPORT=... node delivery/main.ts ${usage}`);
  if (problem !== undefined || input === undefined) return 2;
  try {
    return run(input, call, log);
  } catch (error) {
    say({
      code: "EP-DELIVERY-04",
      problem: `${writes} could not be written. ${(error as Error).message}`,
      next: `give the job \`permissions: ${permission}\`, and run it again`,
    });
    return 1;
  }
}
