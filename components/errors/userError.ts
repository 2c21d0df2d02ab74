import { ERROR_TABLE, type ErrorCode } from "./errorTable.ts";

/** The parts of an error that a person can act on. */
export interface Explanation {
  code: ErrorCode;
  /** What was being done. */
  step: string;
  /** Where: `role "app" on db.example:5432/postgres`. */
  at?: string;
  expected: string;
  found: string;
  /** The one next thing to do. @default `next` of the code's entry in the error table */
  remedy?: string;
}

/**
 * An error that a user can repair, with a code, a next step and no stack. The dynamic provider prints the stacks of errors thrown from
 * `check`, `diff`, `read` and `delete`, and a stack of this code does not help a user.
 */
export class UserError extends Error {
  readonly explanation: Explanation & { remedy: string };
  readonly code: ErrorCode;

  constructor(explanation: Explanation) {
    const { code, step, at, expected, found, remedy = ERROR_TABLE[code].next } = explanation;
    super(
      `${at ? `${at}: ` : ""}${step} failed.\n  expected: ${expected}\n  found:    ${found}\n  next:     ${remedy}` +
        `\n  code:     ${code}`,
    );
    this.name = "EntraPostgresError";
    this.explanation = { ...explanation, remedy };
    this.code = code;
    this.stack = "";
  }
}
