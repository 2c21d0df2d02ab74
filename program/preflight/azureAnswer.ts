import { setTimeout } from "node:timers/promises";
import { type AzureAnswer, resourceManagerScope } from "../../components/azure/resourceManager.ts";
import { tokenProblem } from "../../components/azure/tokenProblem.ts";
import { errorFor } from "../../components/errors/errorFor.ts";
import { UserError } from "../../components/errors/userError.ts";
import { Failure } from "../../components/postgres/failure.ts";
import { NotAskable } from "./answer.ts";

/** A JSON object of Azure. */
export type Json = Record<string, unknown>;

/** Seconds for one question; a metadata service that is being updated may take 70 of them to give a token. */
const TIMEOUT = 100;

/** How often a request is sent that Azure asks to send later, and the longest pause, in seconds, that it may ask for. */
const [TRIES, LONGEST_PAUSE] = [3, 30];

/** Asks, with a time limit, and again where Azure says when. @throws {UserError} without an answer */
export async function answered(
  step: string,
  ask: (signal: AbortSignal) => Promise<AzureAnswer>,
  scope = resourceManagerScope(),
): Promise<AzureAnswer> {
  try {
    for (let tries = 1; ; tries += 1) {
      const answer = await ask(AbortSignal.timeout(TIMEOUT * 1000));
      const { status, retryAfter } = answer;
      const isLater = [429, 503].includes(status) && retryAfter !== undefined && retryAfter <= LONGEST_PAUSE;
      if (!isLater || tries === TRIES) return answer;
      await setTimeout(retryAfter * 1000);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.phase === "token") throw tokenProblem(error, undefined, process.env, scope);
    throw new UserError({
      code: error.errorCode ?? "EP-AZ-12",
      step,
      expected: "an answer of Azure",
      found: error.words,
    });
  }
}

/**
 * The body of a successful answer.
 *
 * @throws {NotAskable} where this login may not read it; {@link refusal} for other refusals
 */
export function bodyOf(step: string, answer: AzureAnswer): Json {
  if (answer.status === 403) throw new NotAskable(`this login may not read it (${wordsOf(answer)})`);
  if (answer.status >= 400) throw refusal(step, answer);
  return answer.body;
}

/** The error for what Azure refuses. */
export function refusal(step: string, answer: AzureAnswer): UserError {
  const { status, error } = answer;
  const known =
    errorFor({ phase: "azure", code: error?.code ?? "", text: error?.message ?? "" }) ??
    errorFor({ phase: "azure", code: String(status), text: "" });
  return new UserError({ code: known ?? "EP-AZ-18", step, expected: "an answer of Azure", found: wordsOf(answer) });
}

/** Azure's own words. It quotes no token. */
export function wordsOf({ status, error }: AzureAnswer): string {
  const message = error?.message.split(/\r?\n/, 1)[0]?.slice(0, 300);
  return error ? `${error.code}: ${message}` : `HTTP ${status}`;
}

/** The objects of a list in an answer. */
export function listIn(body: Json, key = "value"): Json[] {
  const value = body[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === "object" && each !== null) : [];
}

/** The texts of a list in an answer. */
export function textsIn(body: Json, key: string): string[] {
  const value = body[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** An object in an answer; empty where there is none. */
export function objectIn(body: Json, key: string): Json {
  const value = body[key];
  return typeof value === "object" && value !== null ? { ...value } : {};
}
