/** The identities that a pipeline acts as; each is a user-assigned managed identity. */
export const IDENTITIES = ["deploy", "preview", "drift"] as const;

/** One of {@link IDENTITIES}. */
export type Identity = (typeof IDENTITIES)[number];

/**
 * The GitHub environments, and the identity that a job in each may act as. A credential is bound to an environment and never to
 * `pull_request` or a branch: any job of a pull request could use the one, and an environment can ask for approval.
 */
export const ENVIRONMENTS: readonly { name: string; identity: Identity }[] = [
  { name: "preview", identity: "preview" },
  { name: "deploy", identity: "deploy" },
  { name: "drift", identity: "drift" },
  { name: "destroy", identity: "deploy" },
];
