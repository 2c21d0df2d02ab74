import { OPTIONS, repositoryOf } from "./arguments.ts";
import { askGithub } from "./githubCli.ts";
import { Problem } from "./problem.ts";

/** What GitHub's tokens are signed by. Source: GitHub's OpenID Connect reference. */
export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/** What tokens for Azure are made out to. Source: Microsoft Learn, "Configure a user-assigned managed identity to trust an external identity provider". */
export const AUDIENCE = "api://AzureADTokenExchange";

/**
 * How the subject of GitHub's tokens for this repository begins. Repositories made, renamed or moved since 15 July 2026 have numeric ids in
 * it, older ones do not unless they were switched over, so it is asked and not guessed: a wrong subject lets nobody in.
 * Source: GitHub, OpenID Connect reference, "Immutable subject claims"; GET /repos/{owner}/{repo}/actions/oidc/customization/sub.
 *
 * @throws {Problem} where `gh` cannot tell
 */
export async function subjectPrefix(repository: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const path = `repos/${repository}/actions/oidc/customization/sub`;
  const { answer: prefix = "", said } = await askGithub(path, ".sub_claim_prefix", env, signal);
  if (
    OPTIONS["subject-prefix"].pattern.test(prefix) &&
    repositoryOf(prefix).toLowerCase() === repository.toLowerCase()
  ) {
    return prefix;
  }
  throw new Problem(
    [
      `How GitHub's tokens name ${repository} is not known: ${said || `gh answered ${JSON.stringify(prefix)}`}.`,
      "Next: gh auth login, and run the command again; or say it:",
      `  --subject-prefix repo:${repository}   for repositories older than 15 July 2026`,
      `  --subject-prefix repo:${repository.replace("/", "@<owner id>/")}@<repository id>   for newer ones; the repository's settings, Actions, OIDC, show it`,
    ].join("\n"),
  );
}
