import { parseArgs } from "node:util";
import { platformOf, problemLines } from "../problem.ts";
import type { Outcome } from "../run/deliver.ts";
import { stackProblem } from "../variables/requirements.ts";
import { type GhCall, type GhOptions, gh } from "./gh.ts";

const LABEL = "drift";

/** An issue as `gh issue list --json number,title,body` tells it. */
export interface Issue {
  number: number;
  title: string;
  body: string;
}

/** What a night's look came to. */
export interface Night {
  stack: string;
  outcome: Outcome;
  /** In markdown. */
  report: string;
  /** Address of the run. */
  run: string;
}

/**
 * What is to be done about a night: an issue is opened, or the open one gets the newest report; a comment comes only when the outcome
 * is another than the night before. Nothing is closed: a person who knows why does that.
 */
export function issueCalls(night: Night, open: readonly Issue[]): GhCall[] {
  const { outcome, run } = night;
  const title = titleOf(night.stack);
  const found = open.find((issue) => issue.title === title);
  const body = bodyOf(night);
  if (found === undefined) {
    if (outcome === "unchanged") return [];
    return [
      { args: ["label", "create", LABEL, "--force", "--description", "Reality is not as the program says"] },
      { args: ["issue", "create", "--title", title, "--label", LABEL, "--body-file", "-"], input: body },
    ];
  }
  const number = String(found.number);
  const calls: GhCall[] = [{ args: ["issue", "edit", number, "--body-file", "-"], input: body }];
  if (markOf(found.body) !== outcome) {
    calls.push({ args: ["issue", "comment", number, "--body-file", "-"], input: `${SENTENCES[outcome]} ${run}` });
  }
  return calls;
}

const SENTENCES: Record<Outcome, string> = {
  unchanged:
    "This night nothing differs from the program. The issue stays open until somebody who knows what happened closes it.",
  changed: "This night something differs from the program.",
  failed: "This night nobody could look: the run failed.",
};

function titleOf(stack: string): string {
  return `Drift: stack ${stack}`;
}

function bodyOf({ outcome, report, run }: Night): string {
  return [
    mark(outcome),
    `${SENTENCES[outcome]} [The run](${run})`,
    "",
    "A deployment that was going on at that time looks the same: compare with the runs of the workflow deploy.",
    "`pulumi up --refresh`, which is a run of the workflow deploy with `refresh`, puts right what is not wanted; what is wanted goes into the program.",
    "",
    report.trim() === "" ? "The run came to no report." : report,
  ].join("\n");
}

function mark(outcome: Outcome): string {
  return `<!-- drift: ${outcome} -->`;
}

function markOf(body: string): string | undefined {
  return /<!-- drift: (\w+) -->/.exec(body)?.[1];
}

/**
 * `main.ts drift-issue --stack S --outcome O --run URL`, with the report in the variable REPORT: opens or updates the issue on drift.
 * @returns the exit code: 0 when there is no drift, 1 when there is or nobody could look, 2 for a wrong call
 */
export function driftIssue(args: readonly string[], options: GhOptions = {}): number {
  const { env = process.env, call = gh, log = console.log } = options;
  const night = readNight(args, env.REPORT ?? "");
  const platform = platformOf(env);
  const problem = stackProblem(night?.stack, platform);
  if (problem !== undefined) {
    for (const line of problemLines([problem], platform)) log(line);
    return 2;
  }
  if (night === undefined) {
    log(
      "Usage: REPORT=... node delivery/main.ts drift-issue --stack STACK --outcome unchanged|changed|failed --run URL",
    );
    return 2;
  }
  try {
    const list = [
      "issue",
      "list",
      "--state",
      "open",
      "--label",
      LABEL,
      "--limit",
      "200",
      "--json",
      "number,title,body",
    ];
    for (const one of issueCalls(night, JSON.parse(call({ args: list })) as Issue[])) {
      const said = call(one).trim();
      if (said !== "") log(said);
    }
  } catch (error) {
    const problem = `The drift issue could not be written. ${(error as Error).message}`;
    const next = "give the job `permissions: issues: write`, and enable issues in the repository";
    for (const line of problemLines([{ code: "EP-DELIVERY-04", problem, next }], platform)) log(line);
    return 1;
  }
  return night.outcome === "unchanged" ? 0 : 1;
}

function readNight(args: readonly string[], report: string): Night | undefined {
  try {
    const string = { type: "string" } as const;
    const { values } = parseArgs({ args: [...args], options: { stack: string, outcome: string, run: string } });
    const { stack, run } = values;
    // A run that ended before it looked has no outcome.
    const outcome = values.outcome === "" ? "failed" : values.outcome;
    if (stack === undefined || !run || !isOutcome(outcome)) return undefined;
    return { stack, outcome, report, run };
  } catch {
    return undefined;
  }
}

function isOutcome(word: string | undefined): word is Outcome {
  return word === "unchanged" || word === "changed" || word === "failed";
}
