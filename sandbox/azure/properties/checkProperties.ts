import { didYouMean } from "entra-postgres/suggestions";
import type { Props } from "../propertyValues.ts";
import type { Property } from "./property.ts";
import { isAbsent, isObject, isUnknown } from "./values.ts";

/** An input that the provider refuses. */
export interface Failure {
  /** The path of the property, such as `osProfile.linuxConfiguration.ssh`. */
  property: string;
  /** What is wrong with it, and what is allowed. */
  reason: string;
}

/** An object's properties, and the names that the provider has and the sandbox does not emulate. */
type Properties = Pick<Property, "properties" | "notEmulated">;

/**
 * Finds everything that is wrong with the inputs of a resource of type `owner`: unknown properties at any depth, missing ones, wrong types,
 * words that are not allowed, texts and numbers out of bounds. Values that a preview does not know yet pass.
 */
export function checkProperties(owner: string, expected: Properties, inputs: Props): Failure[] {
  return checkObject("", expected, inputs, owner);
}

function checkObject(path: string, expected: Properties, value: Props, owner: string): Failure[] {
  const { properties = {}, notEmulated = [] } = expected;
  const failures: Failure[] = [];
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  for (const [name, property] of Object.entries(properties)) {
    const given = value[name];
    if (!isAbsent(given)) failures.push(...checkValue(at(name), property, given, owner));
    else if (property.required)
      failures.push({ property: at(name), reason: `missing required property "${at(name)}"` });
  }
  for (const name of Object.keys(value)) {
    if (name in properties || isAbsent(value[name])) continue;
    const reason = notEmulated.includes(name)
      ? `the sandbox does not emulate "${at(name)}" of ${owner}: leave it out`
      : `${owner} has no property "${at(name)}"${didYouMean(name, [...Object.keys(properties), ...notEmulated])}`;
    failures.push({ property: at(name), reason });
  }
  return failures;
}

function checkValue(path: string, property: Property, value: unknown, owner: string): Failure[] {
  const wrong = (reason: string): Failure[] => [{ property: path, reason: `"${path}" ${reason}` }];
  if (property.refused !== undefined) return wrong(`is not emulated: ${property.refused}`);
  if (isUnknown(value)) return [];
  if (property.only !== undefined && value !== property.only) {
    return wrong(`is ${JSON.stringify(value)}, but the sandbox emulates only ${JSON.stringify(property.only)}`);
  }
  switch (property.kind) {
    case "string":
      return typeof value === "string" ? textProblems(property, value).flatMap(wrong) : wrong("must be a string");
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("must be true or false");
    case "integer":
      return typeof value === "number" ? numberProblems(property, value).flatMap(wrong) : wrong("must be a number");
    case "array":
    case "stringSet":
      if (!Array.isArray(value)) return wrong("must be an array");
      return value.flatMap((item, index) => checkItem(`${path}[${index}]`, property, item, owner));
    case "map":
      if (!isObject(value)) return wrong("must be an object");
      return Object.entries(value).flatMap(([key, item]) => checkItem(`${path}.${key}`, property, item, owner));
    case "object":
      return isObject(value) ? checkObject(path, property, value, owner) : wrong("must be an object");
  }
}

function checkItem(path: string, property: Property, item: unknown, owner: string): Failure[] {
  if (property.items === undefined) return [];
  if (isAbsent(item)) return [{ property: path, reason: `"${path}" must not be empty` }];
  return checkValue(path, property.items, item, owner);
}

function textProblems(
  { values, minLength = 0, maxLength = Infinity, pattern, rule }: Property,
  value: string,
): string[] {
  const problems: string[] = [];
  if (values && !values.includes(value)) {
    const near = didYouMean(value, values);
    problems.push(`is "${value}"${near || ","} allowed: ${values.map((word) => `"${word}"`).join(", ")}`);
  }
  const length = [...value].length;
  if (length < minLength) problems.push(`is too short (${length}): at least ${minLength} characters`);
  if (length > maxLength) problems.push(`is too long (${length}): at most ${maxLength} characters`);
  if (value.includes("\0")) problems.push("must not hold a NUL character");
  if (pattern && !new RegExp(pattern).test(value)) problems.push(`is "${value}", allowed: ${rule ?? pattern}`);
  return problems;
}

function numberProblems({ minimum = -Infinity, maximum = Infinity }: Property, value: number): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(value)) problems.push(`must be a whole number but is ${value}`);
  if (value < minimum) problems.push(`is ${value}: at least ${minimum}`);
  if (value > maximum) problems.push(`is ${value}: at most ${maximum}`);
  return problems;
}
