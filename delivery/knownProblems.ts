import { stripVTControlCharacters } from "node:util";
import { ERROR_TABLE, type ErrorCode } from "entra-postgres/errors";
import type { Problem } from "./problem.ts";

type Entry = (typeof ERROR_TABLE)[ErrorCode];

/** Codes in a failed command's output: those that our own messages end with, and those whose outside error the output shows. */
export function knownProblems(output: string): Problem[] {
  const plain = stripVTControlCharacters(output);
  const printed = new Set([...plain.matchAll(/^\s*code:\s+(EP-[A-Z]+-\d+)\s*$/gm)].map(([, code]) => code));
  const codes = Object.keys(ERROR_TABLE) as ErrorCode[];
  return codes
    .filter((code) => printed.has(code) || (!explainedBy(code, printed) && isShown(ERROR_TABLE[code], plain)))
    .map((code) => ({ code }));
}

/** An error with a code of the same area has looked at the outside error itself. */
function explainedBy(code: ErrorCode, printed: ReadonlySet<string | undefined>): boolean {
  const isPipeline = /^EP-(DELIVERY|POLICY)-/.test(code);
  return !isPipeline && printed.size > 0;
}

/** Whether a text shows one of the entry's outside errors. SQLSTATEs and Node.js codes stand in no output. */
function isShown(entry: Entry, text: string): boolean {
  const signs = "outside" in entry ? entry.outside : [];
  return signs.some((sign) => {
    if ("phase" in sign) return false;
    if ("aadsts" in sign) return [sign.aadsts].flat().some((number) => new RegExp(`AADSTS${number}\\b`).test(text));
    if ("arm" in sign) return [sign.arm].flat().some((code) => new RegExp(`\\b${code}\\b`).test(text));
    return "text" in sign && !("sqlState" in sign) && sign.text.test(text);
  });
}
