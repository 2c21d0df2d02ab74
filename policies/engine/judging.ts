import type { PolicyResource, ReportViolation } from "@pulumi/policy";
import { UnknownValueError } from "./unknownValue.ts";

/** A resource as a rule sees it: its inputs, or in a rule on the whole stack its outputs. */
export type Seen = Pick<PolicyResource, "type" | "name" | "urn" | "props" | "opts">;

/** Says what is wrong as a complete sentence; nothing when all is well. May read values that are not known yet. */
export type Check = () => string | false | undefined;

/** Holds one resource against one demand. */
export type Demand = (resource: Seen, check: Check) => void;

interface Unread {
  resource: Seen;
  error: UnknownValueError;
}

/**
 * What a preview could not judge. The SDK reports an `UnknownValueError` as an advisory, "can't run policy … during preview: …"; this one
 * names each resource and property, and is thrown after all that is known was judged and reported.
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
 * Judges demand by demand, so that a value which is not known yet takes nothing away from what another one shows.
 * @throws {WaitsForUp} at the end, when something could not be read
 */
export function judging(report: ReportViolation, judge: (demand: Demand) => void): void {
  const unread: Unread[] = [];
  judge((resource, check) => {
    try {
      const violation = check();
      if (violation) report(violation, resource.urn);
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error;
      unread.push({ resource: readFrom.get(error) ?? resource, error });
    }
  });
  const [first, ...more] = unread;
  if (first) throw new WaitsForUp(first, more);
}

/** Resources other than the judged one that something could not be read from. */
const readFrom = new WeakMap<UnknownValueError, Seen>();

/** Reads from another resource than the judged one, so that what waits for `up` is named as that one's. */
export function reading<T>(resource: Seen, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError && !readFrom.has(error)) readFrom.set(error, resource);
    throw error;
  }
}

/** Whether all conditions hold. One that is known not to hold decides, whatever else is unknown. */
export function all(...conditions: readonly (() => boolean)[]): boolean {
  return decide(conditions, false);
}

/** Whether one of the conditions holds. One that is known to hold decides, whatever else is unknown. */
export function any(...conditions: readonly (() => boolean)[]): boolean {
  return decide(conditions, true);
}

/** Whether a condition holds for one of the items, each of which may be unknown. */
export function anyOf<T>(items: readonly T[] | undefined, condition: (item: T) => boolean): boolean {
  // By index: an iterator would stop at the first item that is not known.
  return any(...Array.from({ length: items?.length ?? 0 }, (_, at) => () => condition(items?.[at] as T)));
}

/** A list's items, each to be read by itself. Of a list that is not known, the one item cannot be read. */
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

/** Whether amounts, none of them negative, come to more than a limit. What is known can decide that, whatever else is unknown. */
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
