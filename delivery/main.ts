import { spawnSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { DELIVERY_JOBS, type DeliveryJob } from "./jobs.ts";
import type { RuleFacts } from "./summary/policySection.ts";

const USAGE = `usage: node delivery/main.ts <command>

  preview --stack S           what a pull request shows: a preview with the policy pack
  up --stack S                what main does: an update with the pack, then a preview that must find nothing to change
  repair --stack S            the same after a look at Azure and the database: puts right what was done by hand
  drift --stack S             what the night does: whether reality is still what the program says; exit code 7 where it is not
  destroy-preview --stack S   what a destroy would remove, and what is protected
  destroy --stack S           removes everything
      --summary FILE          writes a summary in Markdown
      --outcome FILE          appends outcome=unchanged|changed|failed and report, in the form of $GITHUB_OUTPUT
      --config-file FILE      configuration in the place of Pulumi.<stack>.yaml
      --commit NAME           the commit that the summary names, in the place of the one checked out
  check-variables JOB         whether a job of a workflow has all the variables it needs
  newest-commit               on GitHub: whether main is still at the commit that this run would deploy
  drift-issue ...             opens or updates the issue on drift
  pr-comment ...              writes or edits a pull request's comment on its preview`;

const PROJECT = resolve(import.meta.dirname, "..");

async function main([command, ...rest]: string[]): Promise<number> {
  const job = DELIVERY_JOBS.find((each) => each === command);
  if (job) return deliverJob(job, rest);
  switch (command) {
    case "check-variables":
      return (await import("./variables/checkVariables.ts")).checkVariables(rest);
    case "newest-commit":
      return (await import("./github/newestCommit.ts")).newestCommit();
    case "drift-issue":
      return (await import("./github/driftIssue.ts")).driftIssue(rest);
    case "pr-comment":
      return (await import("./github/prComment.ts")).prComment(rest);
    case "help":
    case "--help":
    case undefined:
      console.log(USAGE);
      return command === undefined ? 2 : 0;
    default:
      console.error(`There is no command "${command}".\n\n${USAGE}`);
      return 2;
  }
}

async function deliverJob(job: DeliveryJob, args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`${options}\n\n${USAGE}`);
    return 2;
  }
  const { deliver } = await import("./run/deliver.ts");
  const { checkedOutCommit } = await import("../tools/commit.ts");
  const { platformOf } = await import("./problem.ts");
  const { pulumiFolder } = await import("../tools/pulumi/pulumiCli.ts");
  const log = (line: string) => console.error(line);
  const cli = await pulumiFolder({ log });
  const path = [join(PROJECT, "node_modules/.bin"), cli, process.env.PATH ?? ""];
  const env = { ...process.env, PATH: path.join(delimiter), PULUMI_SKIP_UPDATE_CHECK: "true" };
  return deliver(job, {
    stack: options.stack,
    configFile: options["config-file"],
    summaryFile: options.summary,
    outcomeFile: options.outcome,
    commit: options.commit ?? checkedOutCommit(PROJECT),
    cwd: PROJECT,
    env,
    platform: platformOf(process.env),
    policyPack: async () => {
      const [pack = "", config = ""] = policyRunner(["--stack", options.stack], env).trim().split("\n");
      return ["--policy-pack", pack, "--policy-pack-config", config];
    },
    rules: async () => new Map(JSON.parse(policyRunner(["--rules"], env)) as [string, RuleFacts][]),
    out: (chunk) => process.stdout.write(chunk),
    log: (line) => console.log(line),
  });
}

/** Runs the policy pack's own command. @returns its standard output @throws Error with its message */
function policyRunner(args: readonly string[], env: NodeJS.ProcessEnv): string {
  const command = [join(PROJECT, "policies/runner/main.ts"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.trim());
  console.error(stderr.trim());
  return stdout;
}

interface Options {
  stack: string;
  summary?: string;
  outcome?: string;
  "config-file"?: string;
  commit?: string;
}

/** @returns what is wrong with them, where something is */
function readOptions(args: readonly string[]): Options | string {
  const names = ["stack", "summary", "outcome", "config-file", "commit"] as const;
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    const { values } = parseArgs({ args: [...args], options });
    return values.stack ? (values as unknown as Options) : "Which stack? Name it: --stack dev";
  } catch (error) {
    return (error as Error).message;
  }
}

// An update goes on when whoever reads its log is gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
