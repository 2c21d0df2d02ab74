import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const PROJECT = join(import.meta.dirname, "../..");

/** A step of a job or of a local action. */
export interface WorkflowStep {
  name?: string;
  id?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
}

/** A job, as far as the tests look at it. */
export interface WorkflowJob {
  "runs-on": string;
  environment?: string;
  permissions?: Record<string, string>;
  concurrency?: { group: string; "cancel-in-progress": unknown; queue?: unknown };
  "timeout-minutes"?: number;
  needs?: string | string[];
  if?: string;
  outputs?: Record<string, string>;
  steps: WorkflowStep[];
}

/** A file with steps: a workflow or a local action. */
export interface WorkflowFile {
  /** Path from the project's root. */
  path: string;
  text: string;
  on: Record<string, unknown>;
  permissions: unknown;
  concurrency?: { group: string };
  /** Of an action: one job with the name of the action. */
  jobs: Record<string, WorkflowJob>;
}

function read(path: string): WorkflowFile {
  const text = readFileSync(join(PROJECT, path), "utf8");
  const { on, permissions, concurrency, jobs, runs } = parse(text);
  return { path, text, on, permissions, concurrency, jobs: jobs ?? { action: runs } };
}

export const WORKFLOWS: readonly WorkflowFile[] = readdirSync(join(PROJECT, ".github/workflows"))
  .sort()
  .map((name) => read(`.github/workflows/${name}`));

export const ACTIONS: readonly WorkflowFile[] = readdirSync(join(PROJECT, ".github/actions"))
  .sort()
  .map((name) => read(`.github/actions/${name}/action.yml`));

/** A workflow by the name of its file. */
export function workflow(name: string): WorkflowFile {
  const found = WORKFLOWS.find(({ path }) => path === `.github/workflows/${name}.yml`);
  if (!found) throw new Error(`There is no workflow ${name}.yml.`);
  return found;
}

/** Each job of each workflow, with a name for messages. */
export const ALL_JOBS: readonly { name: string; job: WorkflowJob; file: WorkflowFile }[] = WORKFLOWS.flatMap((file) =>
  Object.entries(file.jobs).map(([name, job]) => ({ name: `${file.path}, ${name}`, job, file })),
);

/** Everything that a job runs in its shells. */
export function scriptOf(job: WorkflowJob): string {
  return job.steps.map(({ run }) => run ?? "").join("\n");
}
