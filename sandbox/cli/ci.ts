import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProvidersMode, realPlugins } from "../plugins.ts";
import { removeState } from "../postgres/placement.ts";
import { DEFAULT_DIR } from "../running.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { type StackRun, withStack } from "./access.ts";
import { summaryHead } from "./preview.ts";
import { table } from "./table.ts";

/** A part of a workflow: a job of `node delivery/main.ts`, or `preflight`. */
export interface Workflow {
  name: string;
  job: string;
}

/** The workflows in the order in which a change meets them. */
export const WORKFLOWS: readonly Workflow[] = [
  { name: "pull request: preview", job: "preview" },
  { name: "deploy: preflight", job: "preflight" },
  { name: "deploy: up, and nothing to change after it", job: "up" },
  { name: "drift: nothing found", job: "drift" },
  { name: "destroy: what would go", job: "destroy-preview" },
  { name: "destroy", job: "destroy" },
];

/** A finished step, for the table at the end. */
interface Done {
  name: string;
  seconds: number;
  result: string;
}

/**
 * Runs the commands of all workflows, in their order, on a new sandbox.
 * @returns the exit code: 1 at the first step that fails
 */
export async function runWorkflows(
  options: Omit<SandboxOptions, "dir">,
  workflows: readonly Workflow[] = WORKFLOWS,
): Promise<number> {
  const providers = await chooseProviders(options);
  const dir = mkdtempSync(join(tmpdir(), "entra-postgres-ci-"));
  const removeFolder = () => removeState(dir);
  process.on("exit", removeFolder);
  const done: Done[] = [];
  let exitCode = 1;
  try {
    exitCode = await withStack({ ...options, providers, dir, stopsAtOnce: true }, (run) =>
      runSteps(run, steps(run, dir, workflows), done),
    );
  } catch (error) {
    console.error((error as Error).message);
  }
  removeFolder();
  process.off("exit", removeFolder);
  console.log(`\n${resultTable(done)}`);
  if (exitCode !== 0) console.log("\nThe first failed step ended the run; its messages are above.");
  return exitCode;
}

/** Chooses in the default sandbox's folder, which has the downloaded plugins and the notes on failed downloads. */
async function chooseProviders(options: Omit<SandboxOptions, "dir">): Promise<ProvidersMode> {
  const mode = options.providers ?? "auto";
  const real = await realPlugins({ log: console.log, ...options, mode, dir: DEFAULT_DIR });
  if (real.length === 0) return "emulator";
  process.env.PULUMI_HOME = join(DEFAULT_DIR, "pulumi-home");
  return mode;
}

/** A step returns its problem, or undefined when it has passed. */
type Step = [name: string, work: () => Promise<string | undefined>];

function steps({ stack, access }: StackRun, dir: string, workflows: readonly Workflow[]): Step[] {
  const run = async (job: string) => {
    if (job === "preflight") return exitProblem(await stack.preflight());
    const summaryFile = join(dir, `${job}.md`);
    const code = await stack.deliver(job, summaryFile);
    if (existsSync(summaryFile)) console.log(`\n${summaryHead(readFileSync(summaryFile, "utf8"))}`);
    return exitProblem(code);
  };
  const nothingLeft = async () => {
    const { total, text } = await stack.whatIsLeft(access.sandbox);
    console.log(`Left: ${text}.`);
    return total === 0 ? undefined : "destroy left something";
  };
  return [...workflows.map(({ name, job }): Step => [name, () => run(job)]), ["nothing is left", nothingLeft]];
}

function exitProblem(code: number): string | undefined {
  return code === 0 ? undefined : `exit code ${code}`;
}

async function runSteps({ stack, shutdown }: StackRun, all: readonly Step[], done: Done[]): Promise<number> {
  await stack.init();
  for (const [name, work] of all) {
    if (shutdown.signal) break;
    console.log(`\n== ${name}`);
    const begun = Date.now();
    const problem = await work();
    const stopped = shutdown.signal && `ended by ${shutdown.signal}`;
    const result = stopped ?? (problem === undefined ? "passed" : `FAILED: ${problem}`);
    done.push({ name, seconds: (Date.now() - begun) / 1000, result });
    if (result !== "passed") return shutdown.exitCode(1);
  }
  return shutdown.exitCode(0);
}

/** A line for each step: name, time, result. */
export function resultTable(done: readonly Done[]): string {
  return table(
    done.map(({ name, seconds, result }) => [name, `${seconds.toFixed(1).padStart(6)} s  ${result}`] as const),
  );
}
