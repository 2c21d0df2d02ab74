import { createHash } from "node:crypto";
import { type CheckRequest, type Props, UNKNOWN } from "../providerHost.ts";
import type { Property, ResourceType } from "./resourceType.ts";

/** Input of the plugin's own: names of the inputs that the program did not give. */
export const DEFAULTS = "__defaults";

/** Longest name that the plugin makes, in characters. Source: `SetAutonaming(255, "-")` in pulumi-postgresql's resources.go. */
const LONGEST_NAME = 255;

export interface Checked {
  inputs: Props;
  failures: { property: string; reason: string }[];
}

/**
 * The inputs, with the defaults that are not "", 0 or false and, where there is none, a name: the resource's own, "-" and seven
 * hexadecimal digits, or what the engine proposes. An old name that was made so stays.
 * Source: pulumi-terraform-bridge, pkg/tfbridge/names.go and schema.go; the states that the plugin 3.18 writes.
 */
export function checkInputs(type: ResourceType, request: CheckRequest): Checked {
  const failures: Checked["failures"] = [];
  const inputs: Props = {};
  for (const [name, value] of Object.entries(request.news)) {
    if (value === null || value === undefined || name.startsWith("__")) continue;
    const property = type.properties[name];
    const reason = property ? problem(name, property, value) : unknownProperty(type, name);
    if (reason) failures.push({ property: name, reason });
    inputs[name] = value;
  }
  for (const [name, property] of Object.entries(type.properties)) {
    if (property.required && inputs[name] === undefined) {
      failures.push({ property: name, reason: `Missing required property "${name}". Set it.` });
    }
  }
  const defaults: string[] = [];
  for (const [name, property] of Object.entries(type.properties)) {
    if (inputs[name] !== undefined) continue;
    const otherwise = name === "name" ? ownName(request) : property.default;
    if (otherwise) {
      inputs[name] = otherwise;
      defaults.push(name);
    } else if (name === "name") {
      failures.push({ property: name, reason: 'Missing property "name", and automatic naming is off. Set it.' });
    }
  }
  return { inputs: { ...inputs, [DEFAULTS]: defaults.sort() }, failures };
}

/** Whether the plugin made the name itself, so that a replacement has another one. */
export function isOwnName(inputs: Props): boolean {
  const defaults = inputs[DEFAULTS];
  return Array.isArray(defaults) && defaults.includes("name");
}

function ownName({ olds, name, randomSeed, autonaming }: CheckRequest): string | undefined {
  // A refresh takes the mark away; whatever name is there then stays.
  if (typeof olds.name === "string" && (isOwnName(olds) || olds[DEFAULTS] === undefined)) return olds.name;
  if (autonaming?.mode === "disable") return undefined;
  if (autonaming?.proposedName) return autonaming.proposedName;
  const digits = createHash("sha256").update(randomSeed).digest("hex").slice(0, 7);
  return `${name.slice(0, LONGEST_NAME - digits.length - 1)}-${digits}`;
}

function unknownProperty(type: ResourceType, name: string): string {
  return `${type.token} has no property "${name}". Remove it; known are ${Object.keys(type.properties).sort().join(", ")}.`;
}

function problem(name: string, property: Property, value: unknown): string | undefined {
  if (property.refused) return `The sandbox does not take "${name}": ${property.refused}.`;
  if (value === UNKNOWN) return undefined;
  switch (property.kind) {
    case "text":
      if (typeof value !== "string") return `"${name}" must be a string.`;
      if (value.includes("\0")) return `"${name}" must not hold a NUL character.`;
      if (property.oneOf && !property.oneOf.includes(value)) {
        return `"${name}" is "${value}"; give one of ${property.oneOf.join(", ")}.`;
      }
      return name === "name" && value === "" ? '"name" must not be empty.' : undefined;
    case "flag":
      return typeof value === "boolean" ? undefined : `"${name}" must be a boolean.`;
    case "number":
      if (!Number.isSafeInteger(value)) return `"${name}" must be an integer.`;
      return (value as number) < (property.minimum ?? Number.NEGATIVE_INFINITY)
        ? `"${name}" is ${String(value)}; give ${property.minimum} or more.`
        : undefined;
    default:
      return Array.isArray(value) && value.every((item) => typeof item === "string" || item === UNKNOWN)
        ? undefined
        : `"${name}" must be an array of strings.`;
  }
}
