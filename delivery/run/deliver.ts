import { randomUUID } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { readDependencies } from "../events/dependencies.ts";
import { type EngineRun, readEvents } from "../events/readEvents.ts";
import { CHANGES_FOUND, type DeliveryJob, JOBS, type JobStep } from "../jobs.ts";
import { knownProblems, type Platform, problemLines, problemMarkdown } from "../problem.ts";
import type { RuleFacts } from "../summary/policySection.ts";
import { SUMMARY_LIMIT, summary } from "../summary/summary.ts";
import { type EngineOutcome, runEngine } from "./engine.ts";

/** Everything a job of delivery needs to know. */
export interface DeliveryOptions {
  stack: string;
  /** A configuration file instead of `Pulumi.<stack>.yaml`. @default none */
  configFile?: string | undefined;
  /** The file for the summary, in Markdown. @default none */
  summaryFile?: string | undefined;
  /** A file in the form of `$GITHUB_OUTPUT` that `outcome` and `report` are appended to. @default none */
  outcomeFile?: string | undefined;
  /** The commit that the summary names. @default none */
  commit?: string | undefined;
  /** The project's folder. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  platform: Platform;
  /** Builds the policy pack. @returns the CLI's arguments for it. @throws Error when it cannot be built: the job fails with it */
  policyPack: () => Promise<string[]>;
  /** The facts of the pack's rules. */
  rules: () => Promise<ReadonlyMap<string, RuleFacts>>;
  /** Takes the engine's output as it comes. */
  out: (chunk: string) => void;
  /** Takes a line of the job itself. */
  log: (line: string) => void;
}

/** The result of a job: `changed` is drift, or changes after an update; `failed` is any other failure. */
export type Outcome = "unchanged" | "changed" | "failed";

/**
 * Runs a job of delivery as {@link JOBS} has it, shows the engine's output, writes the summary and names known problems.
 * @returns the exit code of the step that failed, which is {@link CHANGES_FOUND} for drift; 0 when none did
 */
export async function deliver(job: DeliveryJob, options: DeliveryOptions): Promise<number> {
  const steps = JOBS[job];
  const limit = Math.floor(SUMMARY_LIMIT / steps.length);
  const parts: string[] = [];
  let exitCode = 0;
  for (const step of steps) {
    exitCode = await runStep(step, options, (part) => parts.push(part), limit);
    if (exitCode !== 0) break;
  }
  const report = parts.join("\n");
  if (options.summaryFile !== undefined) writeFileSync(options.summaryFile, report);
  if (options.outcomeFile !== undefined) appendFileSync(options.outcomeFile, outputs(exitCode, report));
  return exitCode;
}

async function runStep(
  step: JobStep,
  options: DeliveryOptions,
  addPart: (part: string) => void,
  limit: number,
): Promise<number> {
  const { cwd, env, out, log, platform, stack } = options;
  const policies = step.policies ? await options.policyPack() : [];
  const file = options.configFile === undefined ? [] : ["--config-file", options.configFile];
  const args = [...step.args, ...policies, "--stack", stack, ...file];
  log(`$ pulumi ${args.join(" ")}`);
  const outcome = await runEngine({ args, cwd, env, onOutput: out });
  const { exitCode, output } = outcome;
  // Drift is the result of a drift job; in other jobs, unexpected changes are a failure.
  const isAnswer = exitCode === 0 || (step.kind === "drift" && exitCode === CHANGES_FOUND);
  const problems = isAnswer ? [] : knownProblems(output);
  for (const line of problemLines(problems, platform)) log(line);
  addPart(
    summary({
      kind: step.kind,
      stack,
      commit: options.commit,
      run: runOf(outcome, log),
      exitCode,
      problems: problemMarkdown(problems, env),
      rules: step.policies ? await options.rules() : new Map(),
      limit,
    }),
  );
  return exitCode;
}

/** An unreadable event log does not fail the job: the engine has done its work. */
function runOf({ events, calls }: EngineOutcome, log: (line: string) => void): EngineRun {
  try {
    return readEvents(events, readDependencies(calls));
  } catch (error) {
    log(`The summary lacks what the engine did: ${(error as Error).message}`);
    return readEvents("");
  }
}

/** In the form of `$GITHUB_OUTPUT`. The delimiter is random, so that no line of the report ends it. */
function outputs(exitCode: number, report: string): string {
  const outcome: Outcome = exitCode === 0 ? "unchanged" : exitCode === CHANGES_FOUND ? "changed" : "failed";
  const delimiter = `end-${randomUUID()}`;
  return `outcome=${outcome}\nreport<<${delimiter}\n${report}\n${delimiter}\n`;
}
