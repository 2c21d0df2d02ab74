import type { Outcome } from "../run/deliver.ts";
import { type GhCall, type GhOptions, runGhCommand } from "./gh.ts";

const LABEL = "drift";

/** An issue, in the form of `gh issue list --json number,title,body`. */
export interface Issue {
  number: number;
  title: string;
  body: string;
}

/** The result of a nightly run. */
export interface Night {
  stack: string;
  outcome: Outcome;
  /** In markdown. */
  report: string;
  /** Address of the run. */
  run: string;
}

/**
 * The calls after a nightly run: they open an issue, or write the newest report into the open one. They add a comment only when the
 * outcome has changed since the last run. They close nothing: a person who knows the cause does that.
 */
export function issueCalls(night: Night, open: readonly Issue[]): GhCall[] {
  const { outcome, run } = night;
  const title = titleOf(night.stack);
  const found = open.find((issue) => issue.title === title);
  const body = bodyOf(night);
  if (found === undefined) {
    if (outcome === "unchanged") return [];
    return [
      { args: ["label", "create", LABEL, "--force", "--description", "Azure differs from the program"] },
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
  unchanged: "No drift this time. The issue stays open until a person who knows the cause closes it.",
  changed: "Azure differs from the program.",
  failed: "The run failed, so drift could not be detected.",
};

function titleOf(stack: string): string {
  return `Drift: stack ${stack}`;
}

function bodyOf({ outcome, report, run }: Night): string {
  return [
    mark(outcome),
    `${SENTENCES[outcome]} [The run](${run})`,
    "",
    "A deployment at the same time looks like drift: compare with the runs of the workflow deploy.",
    "To undo a change, run the workflow deploy with `refresh` (`pulumi up --refresh`). To keep it, add it to the program.",
    "",
    report === "" ? "The run has no report." : report,
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
 * @returns the exit code: 0 without drift, 1 with drift or where the run failed, 2 for a wrong call
 */
export function driftIssue(args: readonly string[], options: GhOptions = {}): number {
  const command = {
    usage: `drift-issue --stack STACK --outcome ${OUTCOMES.join("|")} --run URL`,
    options: ["stack", "outcome", "run"],
    read: readNight,
    writes: "The drift issue",
    permission: "issues: write",
    run: writeIssue,
  } as const;
  return runGhCommand(command, args, options);
}

function writeIssue(night: Night, call: (call: GhCall) => string, log: (line: string) => void): number {
  const list = "issue list --state open --limit 200 --json number,title,body --label".split(" ");
  for (const one of issueCalls(night, JSON.parse(call({ args: [...list, LABEL] })) as Issue[])) {
    const said = call(one).trim();
    if (said !== "") log(said);
  }
  return night.outcome === "unchanged" ? 0 : 1;
}

const OUTCOMES = ["unchanged", "changed", "failed"] as const satisfies readonly Outcome[];

function readNight(values: { stack?: string; outcome?: string; run?: string }, report: string): Night | undefined {
  const { stack, run } = values;
  // A run that ended before it looked has no outcome.
  const outcome = values.outcome === "" ? "failed" : OUTCOMES.find((each) => each === values.outcome);
  return stack !== undefined && run && outcome ? { stack, outcome, report, run } : undefined;
}
