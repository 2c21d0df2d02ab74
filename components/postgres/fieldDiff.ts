import { isDeepStrictEqual } from "node:util";
import { UNKNOWN } from "../principal/inputs.ts";

/**
 * The `diff` of a dynamic resource that does nothing but look: any changed field is a change, and of `replacing` those that are known and
 * differ replace. The stub's own text, a field whose name begins with `__`, never counts, nor does the order of an object's keys.
 */
export function fieldDiff<T extends object, F extends keyof T & string>(olds: T, news: T, replacing: readonly F[]) {
  const replaces: string[] = replacing.filter((field) => news[field] !== UNKNOWN && olds[field] !== news[field]);
  const names = new Set([...Object.keys(olds), ...Object.keys(news)].filter((name) => !name.startsWith("__")));
  const same = (name: string) => isDeepStrictEqual(olds[name as keyof T], news[name as keyof T]);
  return { changes: [...names].some((name) => !same(name)), replaces, deleteBeforeReplace: true };
}
