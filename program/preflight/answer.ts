import type { ErrorCode } from "../../components/errors/errorTable.ts";
import { UserError } from "../../components/errors/userError.ts";

/** What a check found: all is well, a problem with its remedy, or a question that cannot be asked here, with the reason. */
export type Answer =
  | { outcome: "ok"; found: string }
  | { outcome: "problem"; code: ErrorCode; expected: string; found: string; remedy: string }
  | { outcome: "not askable"; found: string };

/** A row of the table. */
export type Row = { check: string } & Answer;

/** A check cannot be asked: the message says why. It is no problem of the stack. */
export class NotAskable extends Error {
  override name = "NotAskable";
}

/**
 * The answer of a check that returns words for "ok", and throws for the rest.
 *
 * @throws whatever is neither a {@link NotAskable} nor a {@link UserError}
 */
export async function answerOf(ask: () => Promise<string>): Promise<Answer> {
  try {
    return { outcome: "ok", found: withoutTokens(await ask()) };
  } catch (error) {
    if (error instanceof NotAskable) return { outcome: "not askable", found: withoutTokens(error.message) };
    if (!(error instanceof UserError)) throw error;
    const { code, expected, found, remedy } = error.explanation;
    return { outcome: "problem", code, expected, found: withoutTokens(found), remedy };
  }
}

/** What others answered may quote the token that they were sent. */
function withoutTokens(text: string): string {
  return text.replace(/eyJ[\w.-]*/g, "(a token)");
}
