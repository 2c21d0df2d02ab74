import { isDeepStrictEqual } from "node:util";
import type { Property } from "../../properties/property.ts";
import { isAbsent, isObject, isUnknown } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import { UNKNOWN } from "../../providerHost.ts";
import type { ResourceType } from "./resourceType.ts";

/** The part of Azure's answer that has the form of inputs. */
export function projectInputs(type: ResourceType, outputs: Props): Props {
  return projectObject(type.properties, outputs);
}

function projectObject(properties: Readonly<Record<string, Property>>, value: Props): Props {
  const projected: Props = {};
  for (const [name, property] of Object.entries(properties)) {
    if (!isAbsent(value[name])) projected[name] = projectValue(property, value[name]);
  }
  return projected;
}

function projectValue(property: Property, value: unknown): unknown {
  if (property.kind === "stringSet" && isObject(value)) return Object.keys(value);
  if (property.kind === "object" && isObject(value)) return projectObject(property.properties ?? {}, value);
  if (property.kind === "array" && Array.isArray(value) && property.items) {
    const { items } = property;
    return value.map((item) => projectValue(items, item));
  }
  return value;
}

/**
 * The inputs after a refresh: what changed in Azure's answer since the last one, laid over the old inputs. Values that Azure fills in by
 * itself stay out of them that way.
 * Source: pulumi/pulumi-azure-native, `Read` in provider/pkg/provider/provider.go and `applyDiff` in diff.go.
 */
export function refreshInputs(type: ResourceType, inputs: Props, oldOutputs: Props, newOutputs: Props): Props {
  return overlay(inputs, projectInputs(type, oldOutputs), projectInputs(type, newOutputs));
}

function overlay(inputs: Props, before: Props, after: Props): Props {
  const result: Props = {};
  for (const [name, value] of Object.entries(inputs)) {
    if (name in before && !(name in after)) continue;
    result[name] = value;
  }
  for (const [name, value] of Object.entries(after)) {
    if (isDeepStrictEqual(before[name], value)) continue;
    result[name] = name in inputs ? overlayValue(inputs[name], before[name], value) : value;
  }
  return result;
}

function overlayValue(input: unknown, before: unknown, after: unknown): unknown {
  if (isObject(input) && isObject(before) && isObject(after)) return overlay(input, before, after);
  if (Array.isArray(input) && Array.isArray(before) && Array.isArray(after)) {
    return after.map((item, index) =>
      index < input.length && index < before.length ? overlayItem(input[index], before[index], item) : item,
    );
  }
  return after;
}

function overlayItem(input: unknown, before: unknown, after: unknown): unknown {
  return isDeepStrictEqual(before, after) ? input : overlayValue(input, before, after);
}

/**
 * The outputs that a preview shows: the inputs, and everything else that Azure's answer has as unknown, at any depth.
 * Source: pulumi/pulumi-azure-native, `PreviewOutputs` in provider/pkg/convert.
 */
export function previewOutputs(type: ResourceType, inputs: Props): Props {
  const outputs: Props = {};
  for (const name of type.outputs) {
    outputs[name] = isAbsent(inputs[name]) ? UNKNOWN : previewValue(type.properties[name], inputs[name]);
  }
  return { ...outputs, azureApiVersion: type.apiVersion };
}

function previewValue(property: Property | undefined, value: unknown): unknown {
  if (isUnknown(value) || property === undefined) return value;
  if (property.kind === "stringSet") return UNKNOWN;
  if (property.kind === "array" && Array.isArray(value)) return value.map((item) => previewValue(property.items, item));
  if (property.kind !== "object" || !isObject(value)) return value;
  const names = [...Object.keys(property.properties ?? {}), ...(property.outputOnly ?? [])];
  return Object.fromEntries(
    names.map((name) => [
      name,
      isAbsent(value[name]) ? UNKNOWN : previewValue(property.properties?.[name], value[name]),
    ]),
  );
}
