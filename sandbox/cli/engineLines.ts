import { stripVTControlCharacters } from "node:util";

/** Lines of the engine that are left out: a started, read or unchanged resource; remarks on the file backend. */
const NOISE = [
  /^\s*$|^@/,
  /^ .* (creating|updating|deleting|refreshing|reading|replacing|creating replacement|deleting original) \(\d+s\)/,
  /^ ~ .* (refresh \(|refreshing( \[diff: .*\])? *$)|^ {4}\S+:\S+ \S+ +(running *)?$/,
  /^Loading policy packs/,
  /^Permalink:|^The resources in the stack have been deleted|^If you want to remove the stack completely/,
];

/** The warning for every resource of a provider whose configuration is not known yet: after the resource, and again among the diagnostics. */
const PROVIDER_UNKNOWN =
  /;? *warning: +The provider for this resource has inputs that are not known during preview\..*$|^ *This preview may not correctly represent the changes .*$/;
/** The resource of the diagnostics after it. */
const SUBJECT = /^ {2}\S+ \(.*\): *$/;
const RESET = "\u001b[0m";

/**
 * Leaves out lines of the engine's plain output. The two lines of a rule that waits for `up` are in the summary already; a warning for every
 * resource of a provider is passed on once.
 * @param pass takes the other lines, with their colours
 */
export function withoutNoise(pass: (line: string) => void): (line: string) => void {
  let advice: string | undefined;
  let subject: string | undefined;
  let unknownProviderIsShown = false;
  const show = (line: string) => {
    if (subject !== undefined) pass(subject);
    subject = undefined;
    pass(line);
  };
  return (raw) => {
    const plain = stripVTControlCharacters(raw);
    // The colour of a line must not continue in another program's next line.
    const line = plain === raw || raw.endsWith(RESET) ? raw : `${raw}${RESET}`;
    const waited = advice;
    advice = undefined;
    if (waited !== undefined && /^ +can't run policy .* during preview: /.test(plain)) return;
    if (waited !== undefined) show(waited);
    if (SUBJECT.test(plain)) {
      subject = line;
    } else if (PROVIDER_UNKNOWN.test(plain)) {
      const rest = plain.replace(PROVIDER_UNKNOWN, "");
      // A changing resource's line loses the warning; a line with the warning alone is shown once, among the diagnostics.
      if (/^ *[^ ]{1,2} /.test(rest) && !isNoise(rest)) show(rest);
      else if (subject !== undefined && !unknownProviderIsShown) {
        unknownProviderIsShown = true;
        show(line);
      }
    } else if (/^ +- \[advisory\] /.test(plain)) {
      advice = line;
    } else if (plain.trim() === "") {
      subject = undefined;
    } else if (!isNoise(plain)) {
      show(line);
    }
  };
}

function isNoise(line: string): boolean {
  return NOISE.some((noise) => noise.test(line));
}
