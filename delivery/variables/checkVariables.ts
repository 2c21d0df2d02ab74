import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { platformOf, problemLines } from "../problem.ts";
import { CLOUD, JOBS, JOBS_BY_HAND, lacks, OPTIONAL, REQUIREMENTS, readStackFile, setting } from "./requirements.ts";

const ALL_JOBS = [...JOBS, ...JOBS_BY_HAND];

/** What {@link checkVariables} reads and writes, for tests. */
export interface CheckOptions {
  env?: Readonly<Record<string, string | undefined>>;
  stackFile?: (name: string) => string | undefined;
  log?: (line: string) => void;
}

/**
 * `main.ts check-variables <job>`: the first step of a job that has an identity. The variables are those of the environment, or of the
 * JSON object in VARIABLES where that is set. `--export FILE` appends those of them that the job needs, in the form of `$GITHUB_ENV`.
 * @returns the exit code: 0 when the job has all it needs, 1 when something is missing, 2 for a wrong call
 */
export function checkVariables(args: readonly string[], options: CheckOptions = {}): number {
  const { env = process.env, stackFile = readStackFile, log = console.log } = options;
  const call = readCall(args);
  if (call === undefined) {
    log(`Usage: node delivery/main.ts check-variables ${ALL_JOBS.join("|")} [--export FILE]`);
    return 2;
  }
  const { job } = call;
  const platform = platformOf(env);
  const variables = { ...env, ...(env.VARIABLES ? (JSON.parse(env.VARIABLES) as Record<string, string>) : {}) };
  const found = lacks({ job, platform, env: variables, stackFile });
  for (const line of problemLines(found, platform)) log(line);
  if (found.length > 0) {
    log(`The job ${job} lacks ${found.length} of what it needs; docs/delivery.md lists it.`);
    return 1;
  }
  if (call.export !== undefined) appendFileSync(call.export, exported(variables));
  return 0;
}

/** Only what is known, and each value was held against its form: none can begin a line of its own. */
function exported(variables: Readonly<Record<string, string | undefined>>): string {
  const names = [...REQUIREMENTS, CLOUD, ...OPTIONAL].map(({ name }) => name);
  const lines = names.map((name) => [name, setting(variables, name)] as const).filter(([, value]) => value !== "");
  const tokenType = lines.some(([name]) => name === "PULUMI_TOKEN_TYPE")
    ? []
    : [["PULUMI_TOKEN_TYPE", "urn:pulumi:token-type:access_token:organization"] as const];
  return [["ARM_USE_OIDC", "true"] as const, ...lines, ...tokenType].map((line) => `${line.join("=")}\n`).join("");
}

function readCall(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { export: { type: "string" } },
      allowPositionals: true,
    });
    const job = ALL_JOBS.find((name) => name === positionals[0]);
    return job === undefined || positionals.length !== 1 ? undefined : { job, ...values };
  } catch {
    return undefined;
  }
}
