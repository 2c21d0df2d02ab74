import { explanationLines } from "./explain.ts";
import { JOBS, type Job, lacks, platformOf, readStackFile } from "./requirements.ts";

/** What {@link checkVariables} reads and writes, for tests. */
export interface CheckOptions {
  env?: Readonly<Record<string, string | undefined>>;
  stackFile?: (name: string) => string | undefined;
  /** Takes the lines of the report. */
  log?: (line: string) => void;
}

/**
 * `main.ts check-variables <job>`: the first step of a job that has an identity.
 * @returns the exit code: 0 when the job has all it needs, 1 when something is missing, 2 for a wrong call
 */
export function checkVariables(args: readonly string[], options: CheckOptions = {}): number {
  const { env = process.env, stackFile = readStackFile, log = console.log } = options;
  const job = JOBS.find((name) => name === args[0]) as Job | undefined;
  if (job === undefined || args.length !== 1) {
    log(`Usage: node tools/delivery/main.ts check-variables ${JOBS.join("|")}`);
    return 2;
  }
  const platform = platformOf(env);
  const found = lacks({ job, platform, env, stackFile });
  for (const line of explanationLines(found, platform)) log(line);
  if (found.length > 0) log(`The job ${job} lacks ${found.length} of what it needs; docs/delivery.md lists it.`);
  return found.length === 0 ? 0 : 1;
}
