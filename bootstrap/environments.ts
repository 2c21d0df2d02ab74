/** The identities that a pipeline acts as; each is a user-assigned managed identity. */
export const IDENTITIES = ["deploy", "preview", "drift"] as const;

/** One of {@link IDENTITIES}. */
export type IdentityName = (typeof IDENTITIES)[number];

/** A GitHub environment, and who may use it. */
export interface Environment {
  name: string;
  /** The identity that a job in the environment acts as. */
  identity: IdentityName;
  /** The branch patterns whose runs may use the environment; GitHub refuses every other run. */
  branches: readonly string[];
  /** Whether a reviewer approves each job. */
  reviewed: boolean;
}

/**
 * The GitHub environments. A federated credential names an environment and never `pull_request` or a branch: every job of a pull
 * request could use such a credential, and only an environment can ask for an approval.
 *
 * The ref of a run for a pull request is `refs/pull/<number>/merge`, which a branch pattern can match.
 * Source: GitHub Docs, "Deployments and environments", deployment branches and tags.
 */
export const ENVIRONMENTS = [
  { name: "preview", identity: "preview", branches: ["main", "refs/pull/*/merge"], reviewed: false },
  { name: "deploy", identity: "deploy", branches: ["main"], reviewed: true },
  { name: "drift", identity: "drift", branches: ["main"], reviewed: false },
  { name: "destroy", identity: "deploy", branches: ["main"], reviewed: true },
] as const satisfies readonly Environment[];
