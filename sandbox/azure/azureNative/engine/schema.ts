/** An input property of an azure-native resource type or of an object in it. */
export interface Property {
  /** The JSON type. A `stringSet` is an array of strings in a program and an object keyed by them in Azure's answers. */
  readonly kind: "string" | "boolean" | "integer" | "number" | "object" | "array" | "map" | "stringSet";
  /** Azure refuses the resource without it. @default false */
  readonly required?: boolean;
  /** A change replaces the resource: azure-native does so for path parameters and for what can only be set on creation. @default false */
  readonly replaces?: boolean;
  /** The only texts allowed. @default any */
  readonly values?: readonly string[];
  /** What the text must match. */
  readonly pattern?: RegExp;
  /** The rule of {@link pattern} in words. */
  readonly rule?: string;
  /** Characters. */
  readonly minLength?: number;
  /** Characters. */
  readonly maxLength?: number;
  /** Inclusive. */
  readonly minimum?: number;
  /** Inclusive. */
  readonly maximum?: number;
  /** The one value that the sandbox emulates; others exist in Azure. @default any */
  readonly only?: string | boolean;
  /** The value that stands for none: adding it is no change. */
  readonly default?: unknown;
  /** What an array or a map holds. */
  readonly items?: Property;
  /** What an object holds. */
  readonly properties?: Readonly<Record<string, Property>>;
  /** Properties of an object that azure-native has and the sandbox does not emulate: they are refused by name. */
  readonly notEmulated?: readonly string[];
  /** Properties of an object that only Azure's answer has. */
  readonly computed?: readonly string[];
}

/** A resource type of azure-native: everything about it that is data. */
export interface ResourceType {
  /** Pulumi's type token, such as `azure-native:network:Subnet`. */
  readonly token: string;
  /** Azure's type, such as `Microsoft.Network/virtualNetworks/subnets`. */
  readonly armType: string;
  /** The REST API version that @pulumi/azure-native 3.28 uses for the type. */
  readonly apiVersion: string;
  /** The public REST specification in Azure/azure-rest-api-specs with the type's facts. */
  readonly source: string;
  /** The ARM id with `{parameter}` placeholders; each but the subscription is an input property that replaces on change. */
  readonly path: string;
  /** Input properties. */
  readonly inputs: Readonly<Record<string, Property>>;
  /** Input properties that azure-native has and the sandbox does not emulate: they are refused by name. @default none */
  readonly notEmulated?: readonly string[];
  /** Output properties. */
  readonly outputs: readonly string[];
  /** Exists with its parent: a program takes it over instead of creating it. @default false */
  readonly singleton?: boolean;
}

type Facts = Omit<Property, "kind">;

/** A text. */
export const text = (facts: Facts = {}): Property => ({ kind: "string", ...facts });
/** One of some words. */
export const oneOf = (values: readonly string[], facts: Facts = {}): Property => ({ kind: "string", values, ...facts });
/** True or false. */
export const flag = (facts: Facts = {}): Property => ({ kind: "boolean", ...facts });
/** A whole number. */
export const integer = (facts: Facts = {}): Property => ({ kind: "integer", ...facts });
/** An array. */
export const list = (items: Property, facts: Facts = {}): Property => ({ kind: "array", items, ...facts });
/** An object with known properties. */
export const object = (properties: Readonly<Record<string, Property>>, facts: Facts = {}): Property => ({
  kind: "object",
  properties,
  ...facts,
});
/** A set of texts; see {@link Property.kind}. */
export const stringSet = (facts: Facts = {}): Property => ({ kind: "stringSet", items: text(), ...facts });
/** Tags of a resource. Lengths: Azure's naming rules and restrictions, Microsoft.Resources/tagNames. */
export const tags: Property = { kind: "map", items: text({ maxLength: 256 }) };
/** A reference to another resource by its ARM id. */
export const reference = (notEmulated: readonly string[] = [], facts: Facts = {}): Property =>
  object({ id: text() }, { notEmulated, ...facts });
/** The resource group of a resource. Rule: Azure's naming rules and restrictions, Microsoft.Resources/resourceGroups. */
export const resourceGroupName = text({
  required: true,
  replaces: true,
  maxLength: 90,
  pattern: /^[-\w.()]*[-\w()]$/,
  rule: "letters, digits, underscores, hyphens, periods and parentheses, not ending in a period",
});
