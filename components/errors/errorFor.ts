import { ERROR_TABLE, type ErrorCode } from "./errorTable.ts";
import type { ErrorEntry, OutsideError, Phase } from "./table/entry.ts";

/** What another program gave to tell its error by. */
export interface Signs {
  /** What was being done, where known. Some signs mean an error only then. */
  phase?: Phase;
  /** SQLSTATE, Azure's code, the status of an HTTP response or Node.js's code. */
  code?: string;
  /** The message, or all that a command printed. */
  text: string;
}

/** The code of an error of another program; undefined for one that the table does not know. */
export function errorFor(signs: Signs): ErrorCode | undefined {
  return SIGNS.find(({ outside }) => matches(outside, signs))?.code;
}

/**
 * The codes of all errors in what a command printed: those that our messages end with, and those of other programs. An error of ours has
 * looked at what PostgreSQL and Azure reported, so beside it only signs of the pipeline and the policies count.
 */
export function errorsIn(text: string): ErrorCode[] {
  const own = [...text.matchAll(/\bEP-[A-Z]+-\d{2}\b/g)].map(([code]) => code).filter(isErrorCode);
  const shown = SIGNS.filter(({ outside }) => matches(outside, { text })).map(({ code }) => code);
  const counting = own.length > 0 ? shown.filter((code) => /^EP-(DELIVERY|POLICY)-/.test(code)) : shown;
  return CODES.filter((code) => own.includes(code) || counting.includes(code));
}

const CODES = Object.keys(ERROR_TABLE) as ErrorCode[];

/** Whether a text is a code of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code);
}

/** Every sign of the table. The first match counts: Microsoft Entra's codes, then texts, then other codes, which several errors share. */
const SIGNS = Object.entries<ErrorEntry>(ERROR_TABLE)
  .flatMap(([code, { outside = [] }]) => outside.map((one) => ({ code: code as ErrorCode, outside: one })))
  .sort((a, b) => rank(a.outside) - rank(b.outside));

function rank(outside: OutsideError): number {
  const kind = "aadsts" in outside ? 0 : "text" in outside ? (codesOf(outside).length === 0 ? 1 : 2) : 3;
  return 2 * kind + (outside.phase ? 0 : 1);
}

function matches(outside: OutsideError, { phase, code, text }: Signs): boolean {
  if (outside.phase && outside.phase !== phase) return false;
  if ("text" in outside && outside.text && !outside.text.test(text)) return false;
  const codes = codesOf(outside);
  return codes.length === 0 || codes.some((one) => one === code || printed(outside, one).test(text));
}

/** How the code looks in a text. Node.js's codes and HTTP statuses appear in texts that have nothing to do with a server. */
function printed(outside: OutsideError, code: string): RegExp {
  if ("aadsts" in outside) return new RegExp(`AADSTS${code}\\b`);
  if ("sqlState" in outside) return new RegExp(`SQLSTATE ${code}\\b`);
  return "arm" in outside ? new RegExp(`\\b${code}\\b`) : /(?!)/;
}

function codesOf(outside: OutsideError): readonly string[] {
  const { aadsts, sqlState, arm, node, http }: { [kind: string]: unknown } = outside as never;
  return [aadsts, sqlState, arm, node, http].flat().filter((code) => typeof code === "string");
}
