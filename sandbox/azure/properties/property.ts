/** What a property of a resource, or of an object in one, may hold. */
export interface Property extends PropertyRule {
  /** The JSON type. A `stringSet` is an array of strings in a program and an object keyed by them in Azure's answers. */
  readonly kind: "string" | "boolean" | "integer" | "object" | "array" | "map" | "stringSet";
  /** The items of an array or a map. @default any value */
  readonly items?: Property;
  /** The properties of an object. */
  readonly properties?: Readonly<Record<string, Property>>;
  /** Properties of an object that the provider has and the sandbox does not emulate: they are refused by name. */
  readonly notEmulated?: readonly string[];
  /** Properties of an object that only Azure's answer has. */
  readonly outputOnly?: readonly string[];
}

/** Rules of a property beyond its type. */
export interface PropertyRule {
  /** @default false */
  readonly required?: boolean;
  /** A change replaces the resource. @default false */
  readonly replaces?: boolean;
  /** The only texts allowed. @default any */
  readonly values?: readonly string[];
  /** The regular expression that the text must match. */
  readonly pattern?: string;
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
  /** Why the sandbox does not emulate the property, and what to use instead. @default emulated */
  readonly refused?: string;
  /** The value that an absent property has: adding it changes nothing. */
  readonly default?: unknown;
}
