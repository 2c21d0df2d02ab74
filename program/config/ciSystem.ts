/** Variables by which CI systems say that a job of theirs runs. CI alone is no sign: people set it to have Pulumi print less. */
const SIGNS = [
  ...["GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI", "JENKINS_URL", "CIRCLECI", "BUILDKITE", "BITBUCKET_BUILD_NUMBER"],
  ...["TEAMCITY_VERSION", "DRONE", "CODEBUILD_BUILD_ID"],
];

/** The variable by which a CI system says that this is a job of its own; undefined elsewhere. */
export function ciSign(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return SIGNS.find((name) => env[name]);
}
