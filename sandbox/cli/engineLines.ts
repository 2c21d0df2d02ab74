import { stripVTControlCharacters } from "node:util";

/** Lines of the engine's that are left out: something began, was looked at or stays as it is; remarks on its file backend. */
const NOISE = [
  /^\s*$|^@/,
  /^ .* (creating|updating|deleting|refreshing|reading|replacing|creating replacement|deleting original) \(\d+s\)/,
  /^ ~ .* (refresh \(|refreshing( \[diff: .*\])? *$)|^ {4}\S+:\S+ \S+ +(running *)?$/,
  /^Loading policy packs/,
  /^Permalink:|^The resources in the stack have been deleted|^If you want to remove the stack completely/,
];

/** What a preview says of every resource of a provider whose own configuration is not known yet: beside the resource, and again at the end. */
const PROVIDER_UNKNOWN =
  /;? *warning: +The provider for this resource has inputs that are not known during preview\..*$|^ *This preview may not correctly represent the changes .*$/;
/** The resource that the diagnostics after it are about. */
const SUBJECT = /^ {2}\S+ \(.*\): *$/;
const RESET = "\u001b[0m";

/**
 * Passes on the lines of the engine's plain output that say something. A rule that waits for `up` is one of two lines, and stands in the
 * summary; a warning that every resource of a provider repeats is passed on once.
 * @param pass takes what is left, colours included
 */
export function withoutNoise(pass: (line: string) => void): (line: string) => void {
  let advice: string | undefined;
  let subject: string | undefined;
  let unknownProviderWasTold = false;
  const tell = (line: string) => {
    if (subject !== undefined) pass(subject);
    subject = undefined;
    pass(line);
  };
  return (raw) => {
    const plain = stripVTControlCharacters(raw);
    // A colour that goes on in the next line must not colour what others say between the two.
    const line = plain === raw || raw.endsWith(RESET) ? raw : `${raw}${RESET}`;
    const waited = advice;
    advice = undefined;
    if (waited !== undefined && /^ +can't run policy .* during preview: /.test(plain)) return;
    if (waited !== undefined) tell(waited);
    if (SUBJECT.test(plain)) {
      subject = line;
    } else if (PROVIDER_UNKNOWN.test(plain)) {
      const rest = plain.replace(PROVIDER_UNKNOWN, "");
      // Beside a resource that changes it is cut off; a line that has nothing else to say is told once, among the diagnostics.
      if (/^ *[^ ]{1,2} /.test(rest) && !isNoise(rest)) tell(rest);
      else if (subject !== undefined && !unknownProviderWasTold) {
        unknownProviderWasTold = true;
        tell(line);
      }
    } else if (/^ +- \[advisory\] /.test(plain)) {
      advice = line;
    } else if (plain.trim() === "") {
      subject = undefined;
    } else if (!isNoise(plain)) {
      tell(line);
    }
  };
}

function isNoise(line: string): boolean {
  return NOISE.some((noise) => noise.test(line));
}
