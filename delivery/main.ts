import { spawnSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";
import { DELIVERY_JOBS, type DeliveryJob } from "./jobs.ts";
import { platformOf, problemLines } from "./problem.ts";
import { readOptions } from "./readOptions.ts";
import type { RuleFacts } from "./summary/policySection.ts";

const USAGE = `usage: node delivery/main.ts <command>

  preview --stack S           for a pull request: a preview with the policy pack
  up --stack S                for main: an update with the pack, then a preview that must find no changes
  repair --stack S            the same with a refresh: also repairs drift
  drift --stack S             for the night: detects drift; exit code 7 where there is some
  destroy-preview --stack S   shows what a destroy would remove, and what is protected
  destroy --stack S           removes everything
      --summary FILE          writes a summary in Markdown
      --outcome FILE          appends outcome=unchanged|changed|failed and report, in the form of $GITHUB_OUTPUT
      --config-file FILE      configuration instead of Pulumi.<stack>.yaml
      --commit NAME           the commit that the summary names; by default the one checked out
  check-variables JOB         checks that a job of a workflow has the variables it needs
  newest-commit               on GitHub: checks that main is still at the commit of this run
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
      return wrongCall(`Unknown command "${command}".`);
  }
}

async function deliverJob(job: DeliveryJob, args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof readOptions<"stack" | "summary" | "outcome" | "config-file" | "commit">>;
  try {
    options = readOptions(["stack", "summary", "outcome", "config-file", "commit"], args);
  } catch (error) {
    return wrongCall((error as Error).message);
  }
  const { stack } = options;
  if (!stack) return wrongCall("The option --stack is missing.");
  const { deliver } = await import("./run/deliver.ts");
  const { checkedOutCommit } = await import("../tools/commit.ts");
  const { pulumiFolder } = await import("../tools/pulumi/pulumiCli.ts");
  const log = (line: string) => console.error(line);
  const cli = await pulumiFolder({ log });
  const path = [join(PROJECT, "node_modules/.bin"), cli, process.env.PATH ?? ""];
  const env = { ...process.env, PATH: path.join(delimiter), PULUMI_SKIP_UPDATE_CHECK: "true" };
  return deliver(job, {
    stack,
    configFile: options["config-file"],
    summaryFile: options.summary,
    outcomeFile: options.outcome,
    commit: options.commit ?? checkedOutCommit(PROJECT),
    cwd: PROJECT,
    env,
    platform: platformOf(process.env),
    policyPack: async () => {
      const [pack = "", config = ""] = policyRunner(["--stack", stack], env).trim().split("\n");
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

/** Reports a wrong call. @returns its exit code */
function wrongCall(problem: string): number {
  const lines = problemLines([{ code: "EP-DELIVERY-20", problem }], platformOf(process.env));
  console.error(`${lines.join("\n")}\n\n${USAGE}`);
  return 2;
}

// An update continues when the reader of its log has ended.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
