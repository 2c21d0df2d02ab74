import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { type Explanation, explain, explanationLines, explanationMarkdown, withoutColors } from "./explain.ts";
import { text } from "./markdown.ts";
import { platformOf } from "./requirements.ts";
import { passSignals } from "./signals.ts";

/** Characters of the output that a report keeps, from its end. */
const KEPT = 40_000;

/** What {@link runExplained} reads and writes, for tests. */
export interface RunOptions {
  env?: Readonly<Record<string, string | undefined>>;
  out?: (text: string) => void;
  log?: (line: string) => void;
}

/**
 * `main.ts run [--title TEXT] [--summary FILE] -- COMMAND`: runs a command with its output as it comes, says of a known failure what to do
 * next, and appends a report to the file.
 * @returns the command's exit code; 2 for a wrong call
 */
export async function runExplained(args: readonly string[], options: RunOptions = {}): Promise<number> {
  const { env = process.env, out = (chunk) => process.stdout.write(chunk), log = console.log } = options;
  const call = readCall(args);
  if (call === undefined) {
    log("Usage: node tools/delivery/main.ts run [--title TEXT] [--summary FILE] -- COMMAND");
    return 2;
  }
  const { command, title = command.join(" "), summary } = call;
  const { code, output } = await run(command, env, out);
  const platform = platformOf(env);
  const explanations = code === 0 ? [] : explain(output, { platform, stack: env.PULUMI_STACK ?? "" });
  for (const line of explanationLines(explanations, platform)) log(line);
  if (summary !== undefined) appendFileSync(summary, reportOf({ title, failed: code !== 0, output, explanations }));
  return code;
}

interface Call {
  command: string[];
  title?: string;
  summary?: string;
}

function readCall(args: readonly string[]): Call | undefined {
  const end = args.indexOf("--");
  if (end < 0 || end === args.length - 1) return undefined;
  try {
    const string = { type: "string" } as const;
    const { values } = parseArgs({ args: args.slice(0, end), options: { title: string, summary: string } });
    return { ...values, command: args.slice(end + 1) };
  } catch {
    return undefined;
  }
}

/** A signal is passed on, and the command's end awaited. */
function run(command: readonly string[], env: RunOptions["env"], out: (chunk: string) => void) {
  const [file = "", ...rest] = command;
  return new Promise<{ code: number; output: string }>((resolve) => {
    let output = "";
    const child = spawn(file, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...env }, detached: true });
    const stopPassing = passSignals(child);
    const end = (code: number) => {
      stopPassing();
      resolve({ code, output });
    };
    const take = (chunk: string) => {
      output += chunk;
      out(chunk);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", take);
    child.once("error", (error) => {
      take(`${file} cannot be started: ${error.message}\n`);
      end(127);
    });
    child.once("close", (code, signal) => end(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

interface ReportFacts {
  title: string;
  failed: boolean;
  output: string;
  explanations: readonly Explanation[];
}

/** A command's report in Markdown: what it came to, what to do, the end of its output. */
function reportOf({ title, failed, output, explanations }: ReportFacts): string {
  const plain = withoutColors(output).trim();
  const end = plain.length > KEPT ? `(the beginning is left out)\n${plain.slice(-KEPT)}` : plain;
  return [
    `### ${text(title)} ${failed ? "failed" : "went through"}`,
    "",
    explanationMarkdown(explanations),
    "<details><summary>Output</summary>",
    "",
    fenced(end),
    "",
    "</details>",
    "",
    "",
  ].join("\n");
}

/** A code block that its text cannot end: the fence is longer than any run of backticks in it. */
function fenced(content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${content}\n${fence}`;
}
