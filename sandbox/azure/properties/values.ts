import { UNKNOWN } from "../propertyValues.ts";

/** Whether a value is one that a preview does not know yet. */
export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/** Whether a value is an object with properties: no array, no null, nothing that a preview does not know. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isUnknown(value);
}

/** Whether a value counts as not given. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** The properties that have a value. */
export function withoutAbsent(props: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => !isAbsent(value)));
}

/** The value at a path such as `osProfile.computerName`, or nothing where the path ends early. */
export function valueAt(value: unknown, path: string): unknown {
  let current = value;
  for (const name of path.split(".")) {
    if (!isObject(current)) return undefined;
    current = current[name];
  }
  return current;
}

/** The text at a path, if there is one. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : undefined;
}

/** The array at a path. @default [] */
export function listAt(value: unknown, path: string): unknown[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

/** The object at a path. @default {} */
export function objectAt(value: unknown, path: string): Record<string, unknown> {
  const found = valueAt(value, path);
  return isObject(found) ? found : {};
}

/** One object over another, at every depth; an array replaces the other one, and null counts as not given. */
export function merged(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const under = base[name];
    if (value !== null) result[name] = isObject(under) && isObject(value) ? merged(under, value) : value;
  }
  return result;
}
