import { appendFileSync } from "node:fs";
import { shellQuote } from "entra-postgres/shell-quote";

/** Sets variables for the job's later steps: by GitHub's file, by Azure DevOps' commands, or as lines for a shell. None is a secret. */
export function announce(
  variables: Record<string, string>,
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): void {
  const entries = Object.entries(variables);
  for (const [name, value] of entries) {
    // A line break would begin another variable.
    if (/[\r\n]/.test(value)) throw new Error(`${name} holds a line break.`);
  }
  if (env.GITHUB_ENV) {
    appendFileSync(env.GITHUB_ENV, entries.map(([name, value]) => `${name}=${value}\n`).join(""));
  } else if (env.TF_BUILD) {
    for (const [name, value] of entries) print(`##vso[task.setvariable variable=${name}]${value}`);
  } else {
    for (const [name, value] of entries) print(`export ${name}=${shellQuote(value)}`);
  }
}
