/** The parts of an error that a person can act on. */
export interface Explanation {
  /** What was being done. */
  step: string;
  /** Where: `role "app" on db.example:5432/postgres`. */
  at?: string;
  expected: string;
  found: string;
  /** The one next thing to do. */
  remedy: string;
}

/**
 * An error of the user's world, not of this code: it carries its remedy and no stack. The dynamic provider prints the
 * stacks of errors thrown from `check`, `diff`, `read` and `delete`, and a stack of ours helps nobody there.
 */
export class UserError extends Error {
  readonly explanation: Explanation;

  constructor(explanation: Explanation) {
    const { step, at, expected, found, remedy } = explanation;
    super(
      `${at ? `${at}: ` : ""}${step} failed.\n  expected: ${expected}\n  found:    ${found}\n  next:     ${remedy}`,
    );
    this.name = "EntraPostgresError";
    this.explanation = explanation;
    this.stack = "";
  }
}
