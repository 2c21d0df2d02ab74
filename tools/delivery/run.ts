import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { type Explanation, explain, explanationLines, explanationMarkdown, withoutColors } from "./explain.ts";
import { text } from "./markdown.ts";
import { platformOf } from "./requirements.ts";

/** Exit code of the CLI for changes where none were expected, CLI 3.250 and later. */
const CHANGES = 7;
/** As much of the output is kept for the explanation and the report; GitHub takes 65,536 characters of an issue. */
const KEPT = 40_000;

/** What a command came to: `changed` is the answer of `--expect-no-changes`, `failed` anything else that is not success. */
export type Outcome = "unchanged" | "changed" | "failed";

/** What {@link runExplained} reads and writes, for tests. */
export interface RunOptions {
  env?: Readonly<Record<string, string | undefined>>;
  out?: (text: string) => void;
  log?: (line: string) => void;
}

const USAGE = "Usage: node tools/delivery/main.ts run [--title TEXT] [--summary FILE] [--outcome FILE] -- COMMAND";

/**
 * `main.ts run -- COMMAND`: runs a command with its output as it comes, and says of a known failure what to do next.
 * `--summary` appends a report to a file, `--outcome` appends `outcome=unchanged|changed|failed` and `report`, in the form of
 * `$GITHUB_OUTPUT`. A signal is passed on to the command and its end awaited: an `up` that is cut off leaves the stack locked.
 * @returns the command's exit code; 2 for a wrong call
 */
export async function runExplained(args: readonly string[], options: RunOptions = {}): Promise<number> {
  const { env = process.env, out = (chunk) => process.stdout.write(chunk), log = console.log } = options;
  const call = readCall(args);
  if (call === undefined) {
    log(USAGE);
    return 2;
  }
  const { command, title, files } = call;
  const { code, output } = await run(command, env, out);
  const outcome: Outcome = code === 0 ? "unchanged" : code === CHANGES ? "changed" : "failed";
  const platform = platformOf(env);
  const explanations =
    code === 0 ? [] : explain(output, { platform, ...(env.PULUMI_STACK ? { stack: env.PULUMI_STACK } : {}) });
  for (const line of explanationLines(explanations, platform)) log(line);
  const report = reportOf({ title: title ?? command.join(" "), outcome, output, explanations });
  if (files.summary !== undefined) appendFileSync(files.summary, report);
  if (files.outcome !== undefined) appendFileSync(files.outcome, outputs(outcome, report));
  return code;
}

interface Call {
  command: string[];
  title?: string;
  files: { summary?: string; outcome?: string };
}

function readCall(args: readonly string[]): Call | undefined {
  const end = args.indexOf("--");
  if (end < 0 || end === args.length - 1) return undefined;
  try {
    const string = { type: "string" } as const;
    const { values } = parseArgs({
      args: args.slice(0, end),
      options: { title: string, summary: string, outcome: string },
    });
    const { title, ...files } = values;
    return { command: args.slice(end + 1), files, ...(title === undefined ? {} : { title }) };
  } catch {
    return undefined;
  }
}

function run(command: readonly string[], env: RunOptions["env"], out: (chunk: string) => void) {
  const [file = "", ...rest] = command;
  return new Promise<{ code: number; output: string }>((resolve) => {
    let output = "";
    const child = spawn(file, rest, { stdio: ["inherit", "pipe", "pipe"], env: { ...env } });
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, pass);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output = `${output}${chunk}`.slice(-1_000_000);
        out(chunk);
      });
    }
    const end = (code: number) => {
      for (const signal of signals) process.off(signal, pass);
      resolve({ code, output });
    };
    child.once("error", (error) => {
      const line = `${file} cannot be started: ${error.message}\n`;
      out(line);
      output += line;
      end(127);
    });
    child.once("close", (code, signal) => end(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/** A command's report in markdown: what it came to, what to do, the end of its output. */
export function reportOf(facts: {
  title: string;
  outcome: Outcome;
  output: string;
  explanations: readonly Explanation[];
}): string {
  const { title, outcome, output, explanations } = facts;
  const words = { unchanged: "went through", changed: "found changes", failed: "failed" }[outcome];
  const plain = withoutColors(output).trim();
  const end = plain.length > KEPT ? `(the beginning is left out)\n${plain.slice(-KEPT)}` : plain;
  return [
    `### ${text(title)} ${words}`,
    "",
    ...(explanations.length > 0 ? [explanationMarkdown(explanations)] : []),
    "<details><summary>Output</summary>",
    "",
    fenced(end),
    "",
    "</details>",
    "",
    "",
  ].join("\n");
}

/** The delimiter is random, so that no line of the report ends it. */
function outputs(outcome: Outcome, report: string): string {
  const delimiter = `end-${randomUUID()}`;
  return `outcome=${outcome}\nreport<<${delimiter}\n${report}\n${delimiter}\n`;
}

/** A code block that its text cannot end: the fence is longer than any run of backticks in it. */
function fenced(content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${content}\n${fence}`;
}
