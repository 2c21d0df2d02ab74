import { parseArgs } from "node:util";
import { platformOf, problemLines } from "../problem.ts";
import { code, cutAfterLine } from "../summary/markdown.ts";
import { COMMENT_LIMIT } from "../summary/summary.ts";
import { stackProblem } from "../variables/requirements.ts";
import { type GhCall, type GhOptions, gh } from "./gh.ts";

/** Who writes with the token of a job. */
const AUTHOR = "github-actions[bot]";

/** How the job that previews ended, in GitHub's words. */
const RESULTS = ["success", "failure", "cancelled", "skipped"] as const;
export type JobResult = (typeof RESULTS)[number];

/** A preview of a pull request. */
export interface PullRequestPreview {
  stack: string;
  /** Number of the pull request. */
  number: string;
  /** Full id of the commit that was pushed. */
  commit: string;
  result: JobResult;
  /** Its summary; empty where it came to none. */
  report: string;
  /** Address of the run. */
  run: string;
}

/** A comment, as far as it takes to know one's own. */
export interface Comment {
  id: number;
  author: string | null;
  /** How it begins. */
  begin: string;
}

/** One line of JSON a comment, whatever the page: `gh` puts the pages of a list together only from version 2.48 on. */
const COMMENTS = ".[] | {id, author: .user.login, begin: .body[0:300]}";

/** Where a stack's comment begins; nobody sees it. */
export function marker(stack: string): string {
  return `<!-- pulumi preview: ${encodeURI(stack)} -->`;
}

/**
 * Makes the one comment of a stack say what the newest preview says: edits it, or writes it where there is none. Of its own comments it keeps
 * the first: two would contradict each other. Where nothing was previewed and nothing was said before, there is nothing to say.
 */
export function commentCalls(preview: PullRequestPreview, comments: readonly Comment[]): GhCall[] {
  const begin = marker(preview.stack);
  const [own, ...others] = comments.filter((each) => each.author === AUTHOR && each.begin.startsWith(begin));
  const wasRun = preview.report !== "" || preview.result === "success" || preview.result === "failure";
  if (own === undefined && !wasRun) return [];
  const input = JSON.stringify({ body: bodyOf(preview) });
  const path = own ? `issues/comments/${own.id}` : `issues/${preview.number}/comments`;
  return [
    { args: ["api", `${REPOSITORY}/${path}`, "--method", own ? "PATCH" : "POST", "--input", "-", "--silent"], input },
    ...others.map(({ id }) => ({
      args: ["api", `${REPOSITORY}/issues/comments/${id}`, "--method", "DELETE", "--silent"],
    })),
  ];
}

/** `gh` fills it in from GH_REPO. */
const REPOSITORY = "repos/{owner}/{repo}";

const SENTENCES: Readonly<Record<JobResult, string>> = {
  success: "**The preview succeeded and its report got lost**: it is in the summary of the run.",
  failure: "**The preview failed before it came to a report**: the run says why.",
  cancelled: "**The preview was cancelled.**",
  skipped: "**No preview**: the tests did not pass.",
};

/** Commit and run come first: a report that had to be cut may end within a fold, which would swallow them. */
function bodyOf({ stack, commit, result, report, run }: PullRequestPreview): string {
  const top = `${marker(stack)}\nCommit ${commit}, [the run](${run})\n\n`;
  const told = report === "" ? `## Preview of ${code(stack)}\n\n${SENTENCES[result]}\n` : report;
  return `${top}${cutAfterLine(told, COMMENT_LIMIT - top.length)}`;
}

/**
 * `main.ts pr-comment --stack S --pull-request N --commit SHA --result R --run URL`, with the report in the variable REPORT: writes or edits
 * the pull request's comment on the stack. A preview of a commit that is no longer the newest writes nothing.
 * @returns the exit code: 0 when the comment says what holds, 1 when it could not be written, 2 for a wrong call
 */
export function prComment(args: readonly string[], options: GhOptions = {}): number {
  const { env = process.env, call = gh, log = console.log } = options;
  const preview = readPreview(args, (env.REPORT ?? "").trim());
  const platform = platformOf(env);
  const problem = stackProblem(preview?.stack, platform);
  if (problem !== undefined) {
    for (const line of problemLines([problem], platform)) log(line);
    return 2;
  }
  if (preview === undefined) {
    log(
      `Usage: REPORT=... node delivery/main.ts pr-comment --stack STACK --pull-request NUMBER --commit SHA --result ${RESULTS.join("|")} --run URL`,
    );
    return 2;
  }
  try {
    const newest = call({ args: ["api", `${REPOSITORY}/pulls/${preview.number}`, "--jq", ".head.sha"] }).trim();
    if (newest !== preview.commit) {
      log(`Nothing was written: ${newest} is the newest commit, and its own run says what holds.`);
      return 0;
    }
    const path = `${REPOSITORY}/issues/${preview.number}/comments?per_page=100`;
    const lines = call({ args: ["api", path, "--paginate", "--jq", COMMENTS] }).split("\n");
    const comments = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Comment);
    for (const one of commentCalls(preview, comments)) call(one);
  } catch (error) {
    const problem = `The comment could not be written. ${(error as Error).message}`;
    const next = "give the job `permissions: pull-requests: write`, and run it again";
    for (const line of problemLines([{ code: "EP-DELIVERY-04", problem, next }], platform)) log(line);
    return 1;
  }
  return 0;
}

function readPreview(args: readonly string[], report: string): PullRequestPreview | undefined {
  try {
    const names = ["stack", "pull-request", "commit", "result", "run"] as const;
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    const { values } = parseArgs({ args: [...args], options }) as { values: Partial<Record<string, string>> };
    const { stack, "pull-request": number = "", commit = "", run = "" } = values;
    const result = RESULTS.find((each) => each === values.result);
    const isWhole = /^\d+$/.test(number) && /^[0-9a-f]{40,64}$/.test(commit) && /^https:\/\/[\w./:-]+$/.test(run);
    if (stack === undefined || result === undefined || !isWhole) return undefined;
    return { stack, number, commit, result, report, run };
  } catch {
    return undefined;
  }
}
