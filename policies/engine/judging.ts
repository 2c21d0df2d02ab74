import type { PolicyResource, ReportViolation } from "@pulumi/policy";
import { UnknownValueError } from "./unknownValue.ts";

/** A resource as a rule sees it: its inputs, or in a rule on the whole stack its outputs. */
export type Seen = Pick<PolicyResource, "type" | "name" | "urn" | "props" | "opts">;

/** A violation as a complete sentence, nothing, or checks of one demand each. */
export type Verdict = string | false | undefined | readonly Check[];

/** Gives a verdict. It may read values that are not known yet. */
export type Check = () => Verdict;

interface Unread {
  resource: Seen;
  error: UnknownValueError;
}

/**
 * The values that a preview could not judge. The SDK reports an `UnknownValueError` as an advisory, "can't run policy … during preview: …".
 * This error names each resource and property. It is thrown after all known values were judged and reported.
 */
export class WaitsForUp extends UnknownValueError {
  constructor(first: Unread, more: readonly Unread[]) {
    super(first.error.unknownTypeSentinel, first.error.props);
    const places = [first, ...more].map(({ resource, error }) => {
      const property = error.props.map(String).join(".");
      return `${property} of "${resource.name}" (${resource.type})`;
    });
    this.message = `not known before up, which judges it: ${[...new Set(places)].join("; ")}; all else was judged`;
  }
}

/**
 * Judges check by check, so that an unknown value does not hide a violation that a known one shows.
 * @throws {WaitsForUp} at the end, when a value could not be read
 */
export function judging(report: ReportViolation, checks: readonly (readonly [resource: Seen, check: Check])[]): void {
  const unread: Unread[] = [];
  const ask = (resource: Seen, check: Check): void => {
    try {
      const verdict = check();
      if (typeof verdict === "object") for (const each of verdict) ask(resource, each);
      else if (verdict) report(verdict, resource.urn);
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error;
      unread.push({ resource: readFrom.get(error) ?? resource, error });
    }
  };
  for (const [resource, check] of checks) ask(resource, check);
  const [first, ...more] = unread;
  if (first) throw new WaitsForUp(first, more);
}

/** Resources other than the judged one with an unknown value. */
const readFrom = new WeakMap<UnknownValueError, Seen>();

/** Reads from another resource than the judged one, so that an unknown value is reported with that resource. */
export function reading<T>(resource: Seen, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError && !readFrom.has(error)) readFrom.set(error, resource);
    throw error;
  }
}

/** Whether all conditions hold. One known false condition decides, whatever is unknown. */
export function all(...conditions: readonly (() => boolean)[]): boolean {
  return decide(conditions, false);
}

/** Whether one of the conditions holds. One known true condition decides, whatever is unknown. */
export function any(...conditions: readonly (() => boolean)[]): boolean {
  return decide(conditions, true);
}

/** Whether a condition holds for one of the items, each of which may be unknown. */
export function anyOf<T>(items: readonly T[] | undefined, condition: (item: T) => boolean): boolean {
  // By index: an iterator would stop at the first item that is not known.
  return any(...Array.from({ length: items?.length ?? 0 }, (_, at) => () => condition(items?.[at] as T)));
}

/** Readers of a list's items. An unknown list has one reader, which throws. */
export function eachOf<T>(list: () => readonly T[] | undefined): (() => T)[] {
  try {
    const items = list();
    return Array.from({ length: items?.length ?? 0 }, (_, at) => () => items?.[at] as T);
  } catch (error) {
    if (!(error instanceof UnknownValueError)) throw error;
    return [
      () => {
        throw error;
      },
    ];
  }
}

/** Whether the sum of amounts, none of them negative, exceeds a limit. The known amounts can decide that alone. */
export function exceeds(limit: number, amounts: readonly (() => number)[]): boolean {
  let sum = 0;
  return any(
    ...amounts.map((amount) => () => {
      sum += amount();
      return sum > limit;
    }),
  );
}

function decide(conditions: readonly (() => boolean)[], deciding: boolean): boolean {
  let unread: UnknownValueError | undefined;
  for (const condition of conditions) {
    try {
      if (condition() === deciding) return deciding;
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error;
      unread ??= error;
    }
  }
  if (unread) throw unread;
  return !deciding;
}
