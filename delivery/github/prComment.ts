import { code, cutAfterLine } from "../summary/markdown.ts";
import { COMMENT_LIMIT } from "../summary/summary.ts";
import { type GhCall, type GhOptions, runGhCommand } from "./gh.ts";

/** The author of comments that a job's token writes. */
const AUTHOR = "github-actions[bot]";

/** Results of the preview job, as GitHub names them. */
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
  /** Its summary; empty when the job ended without one. */
  report: string;
  /** Address of the run. */
  run: string;
}

/** The parts of a comment that identify the stack's own. */
export interface Comment {
  id: number;
  author: string | null;
  /** How it begins. */
  begin: string;
}

/** Prints each comment as a line of JSON. `gh` joins the pages of a list only since version 2.48. */
const COMMENTS = ".[] | {id, author: .user.login, begin: .body[0:300]}";

/** The invisible first line of a stack's comment. */
export function marker(stack: string): string {
  return `<!-- pulumi preview: ${encodeURI(stack)} -->`;
}

/**
 * The calls that edit the stack's comment, or write it where it is missing, and delete duplicates after the first. Without a preview and
 * without an earlier comment there are no calls.
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

/** `gh` replaces the placeholders with GH_REPO. */
const REPOSITORY = "repos/{owner}/{repo}";

const SENTENCES: Readonly<Record<JobResult, string>> = {
  success: "**The preview succeeded, but its report is missing**: see the summary of the run.",
  failure: "**The preview failed without a report**: see the run.",
  cancelled: "**The preview was cancelled.**",
  skipped: "**No preview**: the tests did not pass.",
};

/** Commit and run come first: a shortened report may end inside a fold, which would hide them. */
function bodyOf({ stack, commit, result, report, run }: PullRequestPreview): string {
  const top = `${marker(stack)}\nCommit ${commit}, [the run](${run})\n\n`;
  const body = report === "" ? `## Preview of ${code(stack)}\n\n${SENTENCES[result]}\n` : report;
  return `${top}${cutAfterLine(body, COMMENT_LIMIT - top.length)}`;
}

/**
 * `main.ts pr-comment --stack S --pull-request N --commit SHA --result R --run URL`, with the report in the variable REPORT: writes or edits
 * the pull request's comment on the stack. A preview of a commit that is no longer the newest writes nothing.
 * @returns the exit code: 0 when the comment is up to date, 1 when it could not be written, 2 for a wrong call
 */
export function prComment(args: readonly string[], options: GhOptions = {}): number {
  const command = {
    usage: `pr-comment --stack STACK --pull-request NUMBER --commit SHA --result ${RESULTS.join("|")} --run URL`,
    options: ["stack", "pull-request", "commit", "result", "run"],
    read: readPreview,
    writes: "The comment",
    permission: "pull-requests: write",
    run: writeComment,
  } as const;
  return runGhCommand(command, args, options);
}

function writeComment(preview: PullRequestPreview, call: (call: GhCall) => string, log: (line: string) => void) {
  const newest = call({ args: ["api", `${REPOSITORY}/pulls/${preview.number}`, "--jq", ".head.sha"] }).trim();
  if (newest !== preview.commit) {
    log(`Nothing was written: ${newest} is the newest commit, and its own run writes the comment.`);
    return 0;
  }
  const path = `${REPOSITORY}/issues/${preview.number}/comments?per_page=100`;
  const lines = call({ args: ["api", path, "--paginate", "--jq", COMMENTS] }).split("\n");
  const comments = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Comment);
  for (const one of commentCalls(preview, comments)) call(one);
  return 0;
}

function readPreview(values: Partial<Record<string, string>>, report: string): PullRequestPreview | undefined {
  const { stack, "pull-request": number = "", commit = "", run = "" } = values;
  const result = RESULTS.find((each) => each === values.result);
  const isWhole = /^\d+$/.test(number) && /^[0-9a-f]{40,64}$/.test(commit) && /^https:\/\/[\w./:-]+$/.test(run);
  return stack !== undefined && result && isWhole ? { stack, number, commit, result, report, run } : undefined;
}
