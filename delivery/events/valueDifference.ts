import { isEngineOwn, isMarked } from "./propertyValue.ts";

/** Two values that differ, and where. */
export interface ValueDifference {
  /** In the engine's notation. */
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * Where two values differ, as deep as it goes: of a long list or object that is shortened, what differs would be the part that is cut off.
 * Lists of one length are compared place by place; of others, what only one of them has is told.
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
  // The same things, some of them more often: nothing of it is new or gone.
  return gone.length + added.length > 0 ? [...gone, ...added] : [{ path, before, after }];
}

/** What of `list` is not in `other`, with its place. */
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
