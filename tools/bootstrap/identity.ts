/** The identities that a pipeline acts as; each is a user-assigned managed identity. */
export const IDENTITIES = ["deploy", "preview", "drift"] as const;

/** One of {@link IDENTITIES}. */
export type Identity = (typeof IDENTITIES)[number];

/** A GitHub environment. */
export interface Environment {
  name: string;
  /** The identity that a job in it may act as. */
  identity: Identity;
  /** What the ref of a run may be: names of branches, or a pattern of refs. No other run gets the environment, and so none its identity. */
  refs: readonly string[];
  /** Whether somebody has to approve each of its jobs. */
  reviewed: boolean;
}

/** What main's runs are called. */
const MAIN = "main";

/**
 * The GitHub environments, and the identity that a job in each may act as. A credential is bound to an environment and never to
 * `pull_request` or a branch: any job of a pull request could use the one, and an environment can ask for approval.
 *
 * A run for a pull request has the ref `refs/pull/<number>/merge`, which a policy of branches can name.
 * Source: GitHub Docs, "Deployments and environments", deployment branches and tags.
 */
export const ENVIRONMENTS: readonly Environment[] = [
  { name: "preview", identity: "preview", refs: [MAIN, "refs/pull/*/merge"], reviewed: false },
  { name: "deploy", identity: "deploy", refs: [MAIN], reviewed: true },
  { name: "drift", identity: "drift", refs: [MAIN], reviewed: false },
  { name: "destroy", identity: "deploy", refs: [MAIN], reviewed: true },
];
