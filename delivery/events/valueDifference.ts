import { isEngineOwn, isMarked } from "./propertyValue.ts";

/** Two values that differ, and where. */
export interface ValueDifference {
  /** In the engine's notation. */
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * Finds the deepest differences of two values: a shortened list or object could lose the part that differs. Lists of equal length are
 * compared by index. Of other lists, only items that one of them lacks are returned.
 */
export function differences(path: string, before: unknown, after: unknown): ValueDifference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return inLists(path, before, after);
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !isEngineOwn(name))
    .flatMap((name) => differences(joined(path, name), before[name], after[name]));
}

function inLists(path: string, before: readonly unknown[], after: readonly unknown[]): ValueDifference[] {
  if (before.length === after.length) {
    return before.flatMap((value, i) => differences(`${path}[${i}]`, value, after[i]));
  }
  const gone = missingIn(after, before).map(([i, value]) => ({
    path: `${path}[${i}]`,
    before: value,
    after: undefined,
  }));
  const added = missingIn(before, after).map(([i, value]) => ({
    path: `${path}[${i}]`,
    before: undefined,
    after: value,
  }));
  // Only the number of equal items differs.
  return gone.length + added.length > 0 ? [...gone, ...added] : [{ path, before, after }];
}

/** The items of `list` that `other` lacks, with their index. */
function missingIn(other: readonly unknown[], list: readonly unknown[]): [number, unknown][] {
  const known = new Set(other.map((value) => JSON.stringify(value)));
  return [...list.entries()].filter(([, value]) => !known.has(JSON.stringify(value)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isMarked(value);
}

function joined(path: string, name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
