import { isDeepStrictEqual } from "node:util";
import { isAbsent, isObject } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import { pathParameters, sameArmId } from "./armId.ts";
import { normalLocation } from "./location.ts";
import type { ResourceType } from "./resourceType.ts";

/** What a change of inputs does to a resource. */
export interface InputDifference {
  /** Properties that change. */
  changes: string[];
  /** Those of them that can only be set on creation. */
  replaces: string[];
}

/**
 * Compares new inputs with old ones, as azure-native does: path parameters and properties that can only be set on creation replace;
 * a region's spelling and an id's case make no difference. An added property that equals its default changes nothing. An added
 * property that replaces does not replace where Azure's answer had the same value.
 * Source: pulumi/pulumi-azure-native, `calculateDetailedDiff` and `calculateChangesAndReplacements`.
 */
export function diffInputs(type: ResourceType, olds: Props, news: Props, oldOutputs: Props): InputDifference {
  const path = pathParameters(type.path);
  const changes: string[] = [];
  const replaces: string[] = [];
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    const [before, after] = [olds[name], news[name]];
    if (same(name, before, after)) continue;
    const property = type.properties[name];
    const added = isAbsent(before);
    if (added && property?.default !== undefined && isDeepStrictEqual(after, property.default)) continue;
    changes.push(name);
    const replacing = property?.replaces === true || path.includes(name);
    if (replacing && !(added && same(name, oldOutputs[name], after))) replaces.push(name);
  }
  return { changes, replaces };
}

function same(name: string, one: unknown, other: unknown): boolean {
  if (isAbsent(one) || isAbsent(other)) return isAbsent(one) && isAbsent(other);
  if (typeof one === "string" && typeof other === "string") return sameText(name, one, other);
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => same("", item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => same("", one[key], other[key]));
  }
  return isDeepStrictEqual(one, other);
}

function sameText(name: string, one: string, other: string): boolean {
  if (name === "location") return normalLocation(one) === normalLocation(other);
  if (one.startsWith("/subscriptions/")) return sameArmId(one, other);
  return one === other;
}
