import { stripVTControlCharacters } from "node:util";
import { ERROR_TABLE, type ErrorCode, errorsIn } from "entra-postgres/errors";
import { text } from "./summary/markdown.ts";

/** Where a command runs. */
export type Platform = "github" | "azure-devops" | "local";

/** An error and its next step. It holds no secret. */
export interface Problem {
  code: ErrorCode;
  /** One sentence. @default the title of the code's entry */
  problem?: string;
  /** @default the next step of the code's entry */
  next?: string;
}

/** The errors in a failed command's output, each once. */
export function knownProblems(output: string): Problem[] {
  return errorsIn(stripVTControlCharacters(output)).map((code) => ({ code }));
}

/** Where this process runs, by the variables that each platform sets. */
export function platformOf(env: Readonly<Record<string, string | undefined>>): Platform {
  if (env.GITHUB_ACTIONS === "true") return "github";
  return env.TF_BUILD === "True" ? "azure-devops" : "local";
}

/** Problems as lines for a terminal; on GitHub and Azure DevOps as errors of the run. */
export function problemLines(problems: readonly Problem[], platform: Platform): string[] {
  return problems.flatMap((each) => {
    const { code, problem, next } = complete(each);
    switch (platform) {
      // A workflow command ends at the line's end; a line break in it is written %0A.
      // https://docs.github.com/actions/reference/workflow-commands-for-github-actions
      case "github":
        return [`::error title=${escapeProperty(`${code} ${problem}`)}::${escapeData(`Next: ${next}`)}`];
      case "azure-devops":
        return [`##vso[task.logissue type=error]${`${code} ${problem} Next: ${next}`.replace(/\s+/g, " ")}`];
      default:
        return [`${code} ${problem}`, `  next: ${next}`];
    }
  });
}

/** Problems as a part of a summary in Markdown, each with a link to its entry; empty without problems. */
export function problemMarkdown(
  problems: readonly Problem[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_SHA: commit } = env;
  const page = server && repository && commit ? `${server}/${repository}/blob/${commit}/docs/errors.md` : undefined;
  return problems
    .map(complete)
    .map(({ code, problem, next }) => {
      const shown = page === undefined ? `${code} (docs/errors.md)` : `[${code}](${page}#${code.toLowerCase()})`;
      return `> ${shown} **${text(problem)}**\n>\n> Next: ${next}\n`;
    })
    .join("\n");
}

function complete({ code, problem, next }: Problem): Required<Problem> {
  const entry = ERROR_TABLE[code];
  return { code, problem: problem ?? `${entry.title}.`, next: next ?? entry.next };
}

function escapeData(data: string): string {
  return data.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(property: string): string {
  return escapeData(property).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
