/** How a deployment is asked for a behaviour: one of {@link KINDS}, and the answer that the ledger expects. */
export type Probe = { [Kind in keyof Questions]: Pick<Questions, Kind> }[keyof Questions] & {
  /** A regular expression that the whole answer matches, after {@link redact} has put `<name>` for each fact of the deployment. */
  answer: string;
};

/** The questions by kind. `{name}` in them stands for a fact of the deployment (see facts.ts). */
export interface Questions {
  /**
   * Statements as the administrator, in one transaction that is rolled back. The answer is the rows of the last one, as `a|b`, or
   * `ERROR <SQLSTATE>: <text>`. Facts stand in quotes: `'{role}'` or `"{role}"`.
   */
  sql: { statements: string | string[]; database?: string; outsideTransaction?: boolean };
  /** A login as the administrator, with what is changed of it. The answer is `logged in`, or as above. */
  login: { user?: string; database?: string; audience?: string; tls?: boolean };
  /** A GET of Azure Resource Manager. The answer is the status, then the error's code and text or the fields to `show`. */
  arm: { path: string; show?: string[] };
  /** A script on the virtual machine, with the facts in its environment. The answer is what it prints. */
  vm: string;
  /** Seconds until a change is seen, by one of DELAYS. */
  delay: "directory" | "firewall";
}

export const KINDS = ["sql", "login", "arm", "vm", "delay"] as const satisfies readonly (keyof Questions)[];

/** Whether an answer is what the ledger says. */
export function isExpected({ answer }: Probe, found: string): boolean {
  return new RegExp(`^(?:${answer})$`, "s").test(found);
}
