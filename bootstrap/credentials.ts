import { ENVIRONMENTS, type IdentityName } from "./environments.ts";
import type { GithubEnvironment } from "./githubEnvironment.ts";
import type { Credential } from "./pipelineIdentity.ts";
import type { Settings } from "./settings.ts";

/** Signs GitHub's tokens. Source: GitHub, OpenID Connect reference. */
const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/** The federated credentials of an identity: one for each GitHub environment that is closed, and for each service connection. */
export function credentialsOf(
  identity: IdentityName,
  { githubSubjectPrefix, azureDevOpsConnections }: Settings,
  environments: ReadonlyMap<string, GithubEnvironment>,
): Credential[] {
  const github = ENVIRONMENTS.filter((environment) => environment.identity === identity).flatMap(({ name }) => {
    const environment = environments.get(name);
    if (environment === undefined) return [];
    const subject = `${githubSubjectPrefix}:environment:${name}`;
    return [{ name: `github-${name}`, issuer: GITHUB_ISSUER, subject, after: environment.closed }];
  });
  const azureDevOps = azureDevOpsConnections
    .filter((connection) => connection.identity === identity)
    .map(({ issuer, subject }, index) => ({ name: `azure-devops-${index + 1}`, issuer, subject }));
  return [...github, ...azureDevOps];
}
