import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Property, PropertyRule } from "../../properties/property.ts";
import type { Props } from "../../providerHost.ts";
import type { Declarations, DeclaredProperties, DeclaredProperty } from "../sdk/declarations.ts";
import { armTypeOf, pathParameters } from "./armId.ts";

const DECLARED = JSON.parse(
  readFileSync(join(import.meta.dirname, "../sdk/declarations.json"), "utf8"),
) as Declarations;

/** What is known about a resource type beyond the SDK's declarations. */
export interface ResourceTypeRules {
  /** Pulumi's type token, such as `azure-native:network:Subnet`. */
  readonly token: string;
  /** The ARM id with `{parameter}` placeholders; each but the subscription is an input property that replaces on change. */
  readonly path: string;
  /** Azure's type. @default the one in the path */
  readonly armType?: string;
  /** Paths of the input properties that the sandbox emulates, without a rule of their own. The SDK's other properties are refused by name. */
  readonly emulates?: readonly string[];
  /** Rules by the path of their input property, such as `sku.name`; the sandbox emulates these properties, too. */
  readonly rules?: Readonly<Record<string, PropertyRule>>;
  /** The resource exists as soon as its parent does; a create changes it. @default false */
  readonly singleton?: boolean;
  /** What Azure answers where the inputs say nothing. Azure also answers the inputs that are outputs. @default {} */
  readonly answers?: Props;
  /** Paths of inputs that Azure never answers. @default [] */
  readonly secrets?: readonly string[];
}

/** A resource type of azure-native: the part that the sandbox emulates. */
export interface ResourceType {
  readonly token: string;
  readonly path: string;
  readonly armType: string;
  /** The REST API version that @pulumi/azure-native uses for the type. */
  readonly apiVersion: string;
  readonly singleton: boolean;
  readonly answers: Props;
  readonly secrets: readonly string[];
  /** Input properties. */
  readonly properties: Readonly<Record<string, Property>>;
  /** Input properties that azure-native has and the sandbox does not emulate. */
  readonly notEmulated: readonly string[];
  /** Names of output properties. */
  readonly outputs: readonly string[];
}

/** Rules that every type follows. Source: Azure's naming rules and restrictions, Microsoft.Resources. */
const COMMON_RULES: Readonly<Record<string, PropertyRule>> = {
  resourceGroupName: {
    maxLength: 90,
    pattern: "^[-\\w.()]*[-\\w()]$",
    rule: "letters, digits, underscores, hyphens, periods and parentheses, not ending in a period",
  },
  location: {},
  tags: { maxLength: 256 },
};

/** A resource type with the SDK's declarations and our rules. @throws Error for a rule about a property that the SDK does not declare */
export function resourceType(type: ResourceTypeRules): ResourceType {
  const { token, path, armType = armTypeOf(path), singleton = false, answers = {}, secrets = [] } = type;
  const declared = DECLARED.resources[token];
  if (declared === undefined) throw new Error(`declarations.json lacks ${token}. Run sdk/generate.ts with it.`);
  const { inputs, outputs, apiVersion } = declared;
  const rules = new Map<string, PropertyRule>();
  for (const [name, rule] of Object.entries(COMMON_RULES)) if (name in inputs) rules.set(name, rule);
  for (const name of type.emulates ?? []) rules.set(name, {});
  for (const [name, rule] of Object.entries(type.rules ?? {})) rules.set(name, rule);
  for (const name of pathParameters(path)) rules.set(name, { ...rules.get(name), required: true, replaces: true });
  const { properties, notEmulated } = objectOf(token, inputs, outputs, rules);
  return {
    token,
    path,
    armType,
    apiVersion,
    singleton,
    answers,
    secrets,
    properties,
    notEmulated,
    outputs: Object.keys(outputs),
  };
}

/** The arguments of a function of azure-native. */
export function functionArguments(token: string): Readonly<Record<string, Property>> {
  const declared = Object.entries(DECLARED.functions[token] ?? {});
  return Object.fromEntries(
    declared.map(([name, { type, required = false }]) => [name, { kind: kindOf(type), required }]),
  );
}

type ObjectProperty = Required<Pick<Property, "properties" | "notEmulated" | "outputOnly">>;

function objectOf(
  owner: string,
  inputs: DeclaredProperties,
  outputs: DeclaredProperties,
  rules: ReadonlyMap<string, PropertyRule>,
): ObjectProperty {
  const properties: Record<string, Property> = {};
  for (const path of rules.keys()) {
    const [name = ""] = path.split(".");
    const declared = inputs[name];
    if (declared === undefined) throw new Error(`@pulumi/azure-native has no property ${owner}.${path}.`);
    properties[name] ??= propertyOf(`${owner}.${name}`, declared, outputs[name], below(name, rules));
  }
  const others = (declared: DeclaredProperties) => Object.keys(declared).filter((name) => !(name in properties));
  return { properties, notEmulated: others(inputs), outputOnly: others(outputs) };
}

/** The rules of a property, under "", and of the properties in it. */
function below(name: string, rules: ReadonlyMap<string, PropertyRule>): Map<string, PropertyRule> {
  const own = [...rules].filter(([path]) => path === name || path.startsWith(`${name}.`));
  return new Map(own.map(([path, rule]) => [path.slice(name.length + 1), rule]));
}

function propertyOf(
  owner: string,
  declared: DeclaredProperty,
  output: DeclaredProperty | undefined,
  rules: Map<string, PropertyRule>,
): Property {
  const { type, many, values } = declared;
  const { required = declared.required === true, replaces = false, default: otherwise, ...rule } = rules.get("") ?? {};
  rules.delete("");
  const own = { required, replaces, ...(otherwise === undefined ? {} : { default: otherwise }) };
  // A pattern replaces an enumeration to which Azure often adds values.
  const item: Property = { kind: kindOf(type), ...(values && !rule.pattern ? { values } : {}), ...rule };
  const members = DECLARED.interfaces[type];
  const [inner] = members ? [] : rules.keys();
  if (inner !== undefined) throw new Error(`@pulumi/azure-native has no property ${owner}.${inner}.`);
  if (members) Object.assign(item, objectOf(owner, members, DECLARED.interfaces[output?.type ?? ""] ?? {}, rules));
  if (many === undefined) return { ...item, ...own };
  return { kind: many === "array" && output?.many === "map" ? "stringSet" : many, items: item, ...own };
}

function kindOf(type: string): Property["kind"] {
  if (type === "string" || type === "boolean") return type;
  // Every number that the sandbox emulates is a whole one.
  return type === "number" ? "integer" : "object";
}
