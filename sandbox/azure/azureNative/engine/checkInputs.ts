import type { Props } from "../../providerHost.ts";
import { CREATE_BEFORE_DELETE } from "./autonaming.ts";
import type { Property, ResourceType } from "./schema.ts";
import { didYouMean } from "./suggestions.ts";
import { isAbsent, isObject, isUnknown } from "./unknownValue.ts";

/** An input that cannot be. */
export interface Failure {
  /** The path of the property, such as `osProfile.linuxConfiguration.ssh`. */
  property: string;
  /** What is wrong with it, and what is allowed. */
  reason: string;
}

/** Inputs that azure-native itself adds to every resource. */
const OWN_INPUTS = ["azureApiVersion", CREATE_BEFORE_DELETE];

/**
 * What is wrong with a resource's inputs: unknown properties at any depth, missing ones, wrong types, words that are not allowed, texts and
 * numbers out of bounds. All at once. Values that a preview does not know yet pass.
 */
export function checkInputs(type: ResourceType, inputs: Props): Failure[] {
  const given = Object.fromEntries(Object.entries(inputs).filter(([name]) => !OWN_INPUTS.includes(name)));
  return checkObject("", type.inputs, type.notEmulated ?? [], given, type.token);
}

function checkObject(
  path: string,
  properties: Readonly<Record<string, Property>>,
  notEmulated: readonly string[],
  value: Props,
  owner: string,
): Failure[] {
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
    failures.push({ property: at(name), reason: unknownProperty(at(name), name, properties, notEmulated, owner) });
  }
  return failures;
}

function unknownProperty(
  path: string,
  name: string,
  properties: Readonly<Record<string, Property>>,
  notEmulated: readonly string[],
  owner: string,
): string {
  if (notEmulated.includes(name)) return `the sandbox does not emulate "${path}" of ${owner}: leave it out`;
  return `${owner} has no property "${path}"${didYouMean(name, [...Object.keys(properties), ...notEmulated])}`;
}

function checkValue(path: string, property: Property, value: unknown, owner: string): Failure[] {
  if (isUnknown(value)) return [];
  const wrong = (reason: string): Failure[] => [{ property: path, reason: `"${path}" ${reason}` }];
  if (property.only !== undefined && value !== property.only) {
    return wrong(`is ${JSON.stringify(value)}, but the sandbox emulates only ${JSON.stringify(property.only)}`);
  }
  switch (property.kind) {
    case "string":
      return typeof value === "string" ? textProblems(property, value).flatMap(wrong) : wrong("must be a string");
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("must be true or false");
    case "integer":
    case "number":
      return typeof value === "number" ? numberProblems(property, value).flatMap(wrong) : wrong("must be a number");
    case "array":
    case "stringSet":
      if (!Array.isArray(value)) return wrong("must be an array");
      return value.flatMap((item, index) => checkItem(`${path}[${index}]`, property, item, owner));
    case "map":
      if (!isObject(value)) return wrong("must be an object");
      return Object.entries(value).flatMap(([key, item]) => checkItem(`${path}.${key}`, property, item, owner));
    case "object":
      if (!isObject(value)) return wrong("must be an object");
      return checkObject(path, property.properties ?? {}, property.notEmulated ?? [], value, owner);
  }
}

function checkItem(path: string, property: Property, item: unknown, owner: string): Failure[] {
  if (isAbsent(item)) return [{ property: path, reason: `"${path}" must not be empty` }];
  return property.items ? checkValue(path, property.items, item, owner) : [];
}

function textProblems(property: Property, value: string): string[] {
  const problems: string[] = [];
  const { values, minLength, maxLength, pattern, rule } = property;
  if (values && !values.includes(value)) {
    const near = didYouMean(value, values);
    problems.push(`is "${value}"${near || ","} allowed: ${values.map((word) => `"${word}"`).join(", ")}`);
  }
  const length = [...value].length;
  if (minLength !== undefined && length < minLength)
    problems.push(`is too short (${length}): at least ${minLength} characters`);
  if (maxLength !== undefined && length > maxLength)
    problems.push(`is too long (${length}): at most ${maxLength} characters`);
  if (pattern && !pattern.test(value))
    problems.push(`is "${value}", allowed: ${rule ?? `what matches ${pattern.source}`}`);
  return problems;
}

function numberProblems(property: Property, value: number): string[] {
  const problems: string[] = [];
  if (property.kind === "integer" && !Number.isInteger(value)) problems.push(`must be a whole number but is ${value}`);
  if (property.minimum !== undefined && value < property.minimum)
    problems.push(`is ${value}: at least ${property.minimum}`);
  if (property.maximum !== undefined && value > property.maximum)
    problems.push(`is ${value}: at most ${property.maximum}`);
  return problems;
}
