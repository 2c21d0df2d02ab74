import { azureErrors } from "./azureErrors.ts";
import { text } from "./markdown.ts";
import { pulumiErrors } from "./pulumiErrors.ts";

/** Where a command ran: it decides which commands the explanation names. */
export type Platform = "github" | "azure-devops" | "local";

/** What an explanation may say beyond the output. */
export interface ExplainContext {
  /** @default "the stack" */
  stack?: string;
  /** @default local */
  platform?: Platform;
}

/** What went wrong, and the one next step. Neither holds anything of a token. */
export interface Explanation {
  /** One sentence. */
  problem: string;
  /** What to do now. */
  next: string;
}

/** One kind of failure that is known by its text. */
export interface KnownError {
  /** A name for tests and documents, unique. */
  kind: string;
  /** Public source of the text, or "seen" for one that the CLI of the pinned version printed. */
  source: string;
  /** Finds the text. Without the flag `g`. */
  pattern: RegExp;
  /** @param output the whole output, where the match alone does not tell enough */
  explain(match: RegExpExecArray, context: Required<ExplainContext>, output: string): Explanation;
}

/** Every known failure: what keeps a command from starting comes first, what it met on its way after. */
export const KNOWN_ERRORS: readonly KnownError[] = [...azureErrors, ...pulumiErrors];

/**
 * Turns a failed command's output into what to do next. It reads text and nothing else.
 * @returns one explanation for each known failure in the output, none for an output that holds none
 */
export function explain(output: string, context: ExplainContext = {}): Explanation[] {
  const whole = { stack: context.stack || "the stack", platform: context.platform ?? "local" };
  const plain = withoutColors(output);
  return KNOWN_ERRORS.flatMap(({ pattern, explain }) => {
    const match = pattern.exec(plain);
    return match ? [explain(match, whole, plain)] : [];
  });
}

/** The explanations as lines for a terminal, and on GitHub or Azure DevOps as errors of the run. */
export function explanationLines(explanations: readonly Explanation[], platform: Platform = "local"): string[] {
  return explanations.flatMap(({ problem, next }) => {
    switch (platform) {
      // A workflow command ends at the line's end; a line break in it is written %0A.
      // https://docs.github.com/actions/reference/workflow-commands-for-github-actions
      case "github":
        return [`::error title=${escapeProperty(problem)}::${escapeData(`Next: ${next}`)}`];
      case "azure-devops":
        return [`##vso[task.logissue type=error]${oneLine(`${problem} Next: ${next}`)}`];
      default:
        return [problem, `  next: ${next}`];
    }
  });
}

/** The explanations as a part of a markdown summary; empty when there are none. */
export function explanationMarkdown(explanations: readonly Explanation[]): string {
  return explanations.map(({ problem, next }) => `> **${text(problem)}**\n>\n> Next: ${next}\n`).join("\n");
}

function escapeData(data: string): string {
  return data.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(property: string): string {
  return escapeData(property).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function oneLine(line: string): string {
  return line.replace(/\s+/g, " ");
}

/** The text without the colours of a terminal. */
export function withoutColors(output: string): string {
  return output.replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "");
}
