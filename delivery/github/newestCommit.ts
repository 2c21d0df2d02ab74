import { type Problem, problemLines } from "../problem.ts";

/** What {@link newestCommit} reads and writes, for tests. */
export interface NewestCommitOptions {
  env?: Readonly<Record<string, string | undefined>>;
  log?: (line: string) => void;
}

/**
 * `main.ts newest-commit`: whether main is still at the commit that this run of GitHub's would deploy. A run may wait for days for its
 * approval, and any run can be run again; then it would bring an older program back.
 * Source: GitHub's REST API, GET /repos/{owner}/{repo}/git/ref/{ref}.
 *
 * @returns the exit code: 0 when it is, 1 when main has moved on or GitHub does not say
 */
export async function newestCommit(options: NewestCommitOptions = {}): Promise<number> {
  const { env = process.env, log = console.log } = options;
  const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_SHA, GH_TOKEN } = env;
  const refused = (problem: Problem) => {
    for (const line of problemLines([problem], "github")) log(line);
    return 1;
  };
  let newest: string;
  try {
    const answer = await fetch(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/git/ref/heads/main`, {
      headers: { Accept: "application/vnd.github+json", Authorization: `Bearer ${GH_TOKEN}` },
      signal: AbortSignal.timeout(60_000),
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    newest = ((await answer.json()) as { object: { sha: string } }).object.sha;
  } catch (error) {
    return refused({
      code: "EP-DELIVERY-04",
      problem: `Nothing was deployed: GitHub did not tell the newest commit of main: ${(error as Error).message}.`,
      next: "run the job again; it needs `permissions: contents: read` and GH_TOKEN",
    });
  }
  if (newest === GITHUB_SHA) return 0;
  const problem = `Nothing was deployed: main has moved on to ${newest.slice(0, 10)}; this run would deploy an older program.`;
  return refused({ code: "EP-DELIVERY-03", problem });
}
