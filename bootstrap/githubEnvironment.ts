import { getRepositoryEnvironmentDeploymentPoliciesOutput } from "@pulumi/github/getRepositoryEnvironmentDeploymentPolicies.js";
import { getTeam } from "@pulumi/github/getTeam.js";
import { getUser } from "@pulumi/github/getUser.js";
import { RepositoryEnvironment } from "@pulumi/github/repositoryEnvironment.js";
import { RepositoryEnvironmentDeploymentPolicy } from "@pulumi/github/repositoryEnvironmentDeploymentPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "entra-postgres/errors";

export interface GithubEnvironmentArgs {
  /** Name of the repository, without its owner. */
  repository: string;
  environment: string;
  /** Branch patterns whose runs may use the environment. */
  branches: readonly string[];
  /** GitHub users, and teams as `organization/team`, who approve each job; none: nobody has to. */
  reviewers: readonly string[];
}

/**
 * A GitHub environment that only runs of some branches may use. The environment is created closed to every branch and with its
 * reviewers, and then opened to its branches: it is never open to all.
 * Source: GitHub Docs, "Managing environments for deployment".
 */
export class GithubEnvironment extends pulumi.ComponentResource {
  /**
   * The environment, once GitHub says that no other branch or tag can use it. What trusts the environment depends on this: a job on any
   * branch can name an environment, and GitHub creates one that is missing without any rule.
   */
  readonly closed: pulumi.Output<RepositoryEnvironment>;

  constructor(name: string, args: GithubEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:bootstrap:GithubEnvironment", name, {}, opts);
    const { repository, environment: environmentName, branches, reviewers } = args;

    const environment = new RepositoryEnvironment(
      name,
      {
        repository,
        environment: environmentName,
        deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
        canAdminsBypass: false,
        // A single reviewer could approve none of their own runs.
        preventSelfReview: reviewers.length > 1,
        ...(reviewers.length > 0 ? { reviewers: [reviewerIds(reviewers, this)] } : {}),
      },
      { parent: this },
    );
    const policies = branches.map(
      (branchPattern) =>
        new RepositoryEnvironmentDeploymentPolicy(
          `${name}-${branchPattern}`,
          { repository, environment: environment.environment, branchPattern },
          { parent: this },
        ),
    );

    this.closed = getRepositoryEnvironmentDeploymentPoliciesOutput(
      { repository, environment: environmentName },
      { parent: this, dependsOn: policies },
    ).apply(({ policies: found }) => {
      refuseOthers(
        this,
        environmentName,
        branches,
        found.map(({ type, pattern }) => `${type} ${pattern}`),
      );
      return environment;
    });
    this.registerOutputs({});
  }
}

/** @throws {pulumi.ResourceError} where a branch or tag that is not declared may use the environment */
function refuseOthers(
  environment: pulumi.Resource,
  name: string,
  branches: readonly string[],
  found: readonly string[],
): void {
  const expected = branches.map((branch) => `branch ${branch}`);
  const others = found.filter((policy) => !expected.includes(policy));
  if (others.length === 0) return;
  const error = new UserError({
    code: "EP-BOOT-02",
    step: `restricting the GitHub environment ${name}`,
    expected: expected.join(", "),
    found: `also ${others.join(", ")}`,
  });
  throw new pulumi.ResourceError(error.message, environment);
}

function reviewerIds(reviewers: readonly string[], parent: pulumi.Resource) {
  const slugs = reviewers.flatMap((reviewer) => reviewer.split("/")[1] ?? []);
  const usernames = reviewers.filter((reviewer) => !reviewer.includes("/"));
  const ids = (found: Promise<{ id: string }>[]) => Promise.all(found).then((all) => all.map(({ id }) => Number(id)));
  return {
    users: ids(usernames.map((username) => getUser({ username }, { parent }))),
    teams: ids(slugs.map((slug) => getTeam({ slug }, { parent }))),
  };
}
