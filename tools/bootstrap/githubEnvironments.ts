import { askGithub } from "./githubCli.ts";
import { ENVIRONMENTS, type Environment } from "./identity.ts";
import { Problem } from "./problem.ts";
import { shellLine } from "./shellWords.ts";

/** An environment that more runs can use than should. */
export interface OpenEnvironment {
  environment: Environment;
  /** In words: what is wrong with it. */
  why: string;
}

/** What {@link openEnvironments} found. */
export interface EnvironmentsLook {
  open: OpenEnvironment[];
  /** Why `gh` could not tell; then every environment is listed. */
  unasked?: string;
}

/**
 * Which of the repository's environments are not closed to runs of other branches. An environment that is not there is open: the first
 * job that names it makes it, without any rule.
 * Source: GitHub Docs, "Managing environments for deployment"; GET /repos/{owner}/{repo}/environments/{environment_name} and
 * …/deployment-branch-policies.
 */
export async function openEnvironments(
  repository: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<EnvironmentsLook> {
  const repositoryAnswer = await askGithub(`repos/${repository}`, ".full_name", env, signal);
  if (repositoryAnswer.answer === undefined) {
    return { open: allEnvironments(), unasked: repositoryAnswer.said };
  }
  const looks = await Promise.all(ENVIRONMENTS.map((each) => whyOpen(repository, each, env, signal)));
  return {
    open: ENVIRONMENTS.flatMap((environment, index) => {
      const why = looks[index];
      return why === undefined ? [] : [{ environment, why }];
    }),
  };
}

/** Every environment, where none could be looked at. */
export function allEnvironments(): OpenEnvironment[] {
  return ENVIRONMENTS.map((environment) => ({ environment, why: "it was not looked at" }));
}

async function whyOpen(
  repository: string,
  { name, refs }: Environment,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = pathOf(repository, name);
  const custom = await askGithub(path, ".deployment_branch_policy.custom_branch_policies", env, signal);
  if (custom.answer === undefined) return /HTTP 404/.test(custom.said) ? "it is not there" : custom.said;
  if (custom.answer !== "true") return "every branch may use it, or every protected one";
  const named = '.branch_policies[] | [.type // "branch", .name] | join(" ")';
  const policies = await askGithub(`${path}/deployment-branch-policies?per_page=100`, named, env, signal);
  if (policies.answer === undefined) return policies.said;
  const found = policies.answer.split("\n").filter((line) => line !== "");
  const more = found.filter((line) => !refs.some((ref) => line === `branch ${ref}`));
  if (more.length > 0) return `${more.join(", ")} may use it too`;
  return refs.length > found.length ? `it is not for ${refs.join(", ")}` : undefined;
}

/**
 * The commands that close the environments. Each is closed to everybody before it is opened to its refs, and has its reviewer in the same
 * call, so that none stands open for a moment. Who runs them becomes the reviewer; reviewers that an environment had are replaced.
 */
export function environmentLines(repository: string, open: readonly OpenEnvironment[]): string[] {
  return open.flatMap(({ environment: { name, refs, reviewed } }) => {
    const path = pathOf(repository, name);
    const call = ["gh", "api", "--silent", "--method"];
    const closed = ["protected_branches]=false", "custom_branch_policies]=true"];
    const put = shellLine([
      ...call,
      "PUT",
      path,
      ...closed.flatMap((rule) => ["-F", `deployment_branch_policy[${rule}`]),
    ]);
    const reviewer = `${shellLine(["-F", "reviewers[][type]=User", "-F"])} "reviewers[][id]=$(gh api user --jq .id)"`;
    return [
      reviewed ? `${put} ${reviewer}` : put,
      ...refs.map((ref) => shellLine([...call, "POST", `${path}/deployment-branch-policies`, "-f", `name=${ref}`])),
    ];
  });
}

/** What is said of them before anything is made. Nothing where all are closed. */
export function environmentsFirst(repository: string, { open, unasked }: EnvironmentsLook): string[] {
  if (open.length === 0) return [];
  return [
    "GitHub first, before --apply: until then a job on any branch can name an environment and act as its identity.",
    ...(unasked === undefined ? [] : [`  Not looked at: ${unasked}.`]),
    ...environmentLines(repository, open).map((line) => `  ${line}`),
    "  Whoever runs these approves deploy and destroy to begin with; where GitHub's plan has no reviewers for this repository, it refuses",
    "  the two lines that name one. docs/delivery.md says more.",
  ];
}

/** @throws {Problem} where an environment is open, or nobody can say: a credential that is made now could be used by every branch */
export function refuseOpen(repository: string, { open, unasked }: EnvironmentsLook): void {
  if (open.length === 0) return;
  const asked = unasked === undefined;
  throw new Problem(
    [
      ...(asked
        ? [
            `Environments of ${repository} are not closed to other branches, whose jobs could act as the identities at once:`,
            ...open.map(({ environment: { name, refs }, why }) => `  ${name}: ${why}; wanted ${refs.join(", ")} alone`),
            "Nothing was made. Next: run these, then the same command again:",
          ]
        : [
            `Whether the environments of ${repository} are closed to other branches could not be asked: ${unasked}.`,
            "Nothing was made. Next: gh auth login, then the same command again. Without `gh` here: run these elsewhere, and add --environments unchecked:",
          ]),
      ...environmentLines(repository, open).map((line) => `  ${line}`),
    ].join("\n"),
  );
}

function pathOf(repository: string, name: string): string {
  return `repos/${repository}/environments/${name}`;
}
