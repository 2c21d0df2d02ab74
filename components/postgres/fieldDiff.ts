import { isDeepStrictEqual } from "node:util";

/** What the engine hands over for a value that is not known before `up`. It looks like a GUID, so every check tests for it first. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * The `diff` of a dynamic resource that only reads: any changed field is a change, and a field of `replacing` whose known value differs
 * replaces. The stub's own text, a field whose name begins with `__`, never counts, nor does the order of an object's keys.
 */
export function fieldDiff<T extends object, F extends keyof T & string>(olds: T, news: T, replacing: readonly F[]) {
  const replaces: string[] = replacing.filter((field) => news[field] !== UNKNOWN && olds[field] !== news[field]);
  const names = new Set([...Object.keys(olds), ...Object.keys(news)].filter((name) => !name.startsWith("__")));
  const same = (name: string) => isDeepStrictEqual(olds[name as keyof T], news[name as keyof T]);
  return { changes: [...names].some((name) => !same(name)), replaces, deleteBeforeReplace: true };
}
