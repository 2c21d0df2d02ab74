import { ENVIRONMENTS } from "./environments.ts";
import { GithubEnvironment } from "./githubEnvironment.ts";
import type { Settings } from "./settings.ts";

/** The environments of the GitHub repository, by name; none where no repository is configured. */
export function githubEnvironments({
  githubRepository,
  githubReviewers,
}: Settings): ReadonlyMap<string, GithubEnvironment> {
  const repository = githubRepository?.split("/")[1];
  if (repository === undefined) return new Map();
  return new Map(
    ENVIRONMENTS.map(({ name, branches, reviewed }) => {
      const reviewers = reviewed ? (githubReviewers?.[name] ?? []) : [];
      return [name, new GithubEnvironment(name, { repository, environment: name, branches, reviewers })];
    }),
  );
}
