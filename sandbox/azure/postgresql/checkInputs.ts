import { createHash } from "node:crypto";
import { checkProperties, type Failure } from "../properties/checkProperties.ts";
import { withoutAbsent } from "../properties/values.ts";
import type { CheckRequest, Props } from "../providerHost.ts";
import type { ResourceType } from "./resourceType.ts";

/** Input of the plugin's own: names of the inputs that the program did not give. */
export const DEFAULTS = "__defaults";

/** Longest name that the plugin makes, in characters. Source: `SetAutonaming(255, "-")` in pulumi-postgresql's resources.go. */
const LONGEST_NAME = 255;

/**
 * The inputs, with the defaults other than "", 0 and false. A resource without a name gets its logical name, "-" and seven
 * hexadecimal digits, or the name that the engine proposes. A name that the plugin made before stays.
 * Source: pulumi-terraform-bridge, pkg/tfbridge/names.go and schema.go; the states that the plugin 3.18 writes.
 */
export function checkInputs(type: ResourceType, request: CheckRequest): { inputs: Props; failures: Failure[] } {
  const given = Object.entries(withoutAbsent(request.news)).filter(([name]) => !name.startsWith("__"));
  const inputs = Object.fromEntries(given);
  const failures: Failure[] = checkProperties(type.token, type, inputs);
  const defaults: string[] = [];
  for (const [name, property] of Object.entries(type.properties)) {
    if (inputs[name] !== undefined) continue;
    const otherwise = name === "name" ? ownName(request) : property.default;
    if (otherwise) {
      inputs[name] = otherwise;
      defaults.push(name);
    } else if (name === "name") {
      failures.push({ property: name, reason: 'missing property "name", and automatic naming is off: set it' });
    }
  }
  return { inputs: { ...inputs, [DEFAULTS]: defaults.sort() }, failures };
}

/** Whether the plugin made the name; a replacement then gets another name. */
export function isOwnName(inputs: Props): boolean {
  const defaults = inputs[DEFAULTS];
  return Array.isArray(defaults) && defaults.includes("name");
}

function ownName({ olds, name, randomSeed, autonaming }: CheckRequest): string | undefined {
  // A refresh removes the mark; the name that is there then stays.
  if (typeof olds.name === "string" && (isOwnName(olds) || olds[DEFAULTS] === undefined)) return olds.name;
  if (autonaming?.mode === "disable") return undefined;
  if (autonaming?.proposedName) return autonaming.proposedName;
  const digits = createHash("sha256").update(randomSeed).digest("hex").slice(0, 7);
  return `${name.slice(0, LONGEST_NAME - digits.length - 1)}-${digits}`;
}
