import { explanationLines } from "./explain.ts";

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
  const refused = (problem: string, next: string) => {
    for (const line of explanationLines([{ problem, next }], "github")) log(line);
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
    return refused(
      `Nothing was deployed: GitHub does not say at which commit main is: ${(error as Error).message}.`,
      "run the job again; it needs `permissions: contents: read` and GH_TOKEN",
    );
  }
  if (newest === GITHUB_SHA) return 0;
  return refused(
    `Nothing was deployed: main has moved on to ${newest.slice(0, 10)}, and this run would bring an older program back.`,
    "approve the run for that commit; where it has none, start the workflow deploy on main",
  );
}
