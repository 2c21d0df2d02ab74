import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProvidersMode, realPlugins } from "../plugins.ts";
import { removeState } from "../postgres/placement.ts";
import { Shutdown } from "../processes/shutdown.ts";
import { Supervisor, signalCode } from "../processes/supervisor.ts";
import { DEFAULT_DIR } from "../running.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { type Access, openSandbox } from "./access.ts";
import { summaryHead } from "./preview.ts";
import { Stack } from "./stack.ts";

/** A workflow, by the job of `node delivery/main.ts` that it runs. */
export interface Workflow {
  name: string;
  job: string;
}

/** The workflows in the order in which a change meets them. */
export const WORKFLOWS: readonly Workflow[] = [
  { name: "pull request: preview", job: "preview" },
  { name: "deploy: up, and nothing to change after it", job: "up" },
  { name: "drift: nothing found", job: "drift" },
  { name: "destroy: what would go", job: "destroy-preview" },
  { name: "destroy", job: "destroy" },
];

/** A step that was done, for the table at the end. */
interface Done {
  name: string;
  seconds: number;
  result: string;
}

/** A step did not come to what it should; why stands on the terminal already. */
class StepFailed extends Error {}

/**
 * Runs what all workflows run, by the same commands and in their order, on a sandbox of its own: one that is up is left alone.
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
  const supervisor = new Supervisor();
  const shutdown = new Shutdown(supervisor, { endsWithParent: true });
  const done: Done[] = [];
  let access: Access | undefined;
  let exitCode = 0;
  try {
    access = await openSandbox({ ...options, providers, dir });
    const stack = new Stack(supervisor, access, dir);
    await stack.init();
    for (const { name, job } of workflows) {
      await step(name, done, shutdown, async () => {
        const summaryFile = join(dir, `${job}.md`);
        const code = await stack.deliver(job, summaryFile);
        if (existsSync(summaryFile)) console.log(`\n${summaryHead(readFileSync(summaryFile, "utf8"))}`);
        return code === 0 ? undefined : `exit code ${code}`;
      });
    }
    await step("nothing is left", done, shutdown, () => whatIsLeft(stack, access));
  } catch (error) {
    exitCode = 1;
    if (!(error instanceof StepFailed) && !shutdown.signal) console.error((error as Error).message);
  }
  if (shutdown.signal) exitCode = signalCode(shutdown.signal);
  await supervisor.close();
  await access?.close(true);
  shutdown.over();
  removeFolder();
  process.off("exit", removeFolder);
  console.log(`\n${resultTable(done)}`);
  if (exitCode !== 0) console.log("\nThe first step that failed ended it; what it said stands above.");
  return exitCode;
}

/** Decided in the folder of the sandbox of every day: it keeps what was downloaded, and that a download failed. */
async function chooseProviders(options: Omit<SandboxOptions, "dir">): Promise<ProvidersMode> {
  const mode = options.providers ?? "auto";
  const real = await realPlugins({ log: console.log, ...options, mode, dir: DEFAULT_DIR });
  if (real.length === 0) return "emulator";
  process.env.PULUMI_HOME = join(DEFAULT_DIR, "pulumi-home");
  return mode;
}

/** @throws StepFailed when the work tells of a problem or a signal came */
async function step(
  name: string,
  done: Done[],
  shutdown: Shutdown,
  work: () => Promise<string | undefined>,
): Promise<void> {
  if (shutdown.signal) throw new StepFailed();
  console.log(`\n== ${name}`);
  const begun = Date.now();
  const problem = await work();
  const result = shutdown.signal
    ? `ended by ${shutdown.signal}`
    : problem === undefined
      ? "passed"
      : `FAILED: ${problem}`;
  done.push({ name, seconds: (Date.now() - begun) / 1000, result });
  if (result !== "passed") throw new StepFailed();
}

async function whatIsLeft(stack: Stack, access: Access | undefined): Promise<string | undefined> {
  const azure = access?.sandbox?.azure;
  const left: readonly [number, string][] = [
    [await stack.resourceCount(), "resources in the stack"],
    [azure?.resources().length ?? 0, "in Azure's emulator"],
    [azure?.servers().size ?? 0, "database servers"],
    [azure?.virtualMachines().size ?? 0, "virtual machines"],
  ];
  console.log(`Left: ${left.map(([count, what]) => `${count} ${what}`).join(", ")}.`);
  return left.every(([count]) => count === 0) ? undefined : "destroy left something";
}

/** The steps one below the other: name, time, result. */
export function resultTable(done: readonly Done[]): string {
  const width = Math.max(0, ...done.map(({ name }) => name.length));
  return done
    .map(({ name, seconds, result }) => `  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${result}`)
    .join("\n");
}
