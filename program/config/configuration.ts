import * as pulumi from "@pulumi/pulumi";
import type { Environment } from "entra-postgres/environments";
import { didYouMean } from "entra-postgres/suggestions";
import { defaultText, type Field, type ObjectsKey, type ScalarKey } from "./key.ts";
import { Problems } from "./problems.ts";
import { type ListName, type ObjectsName, type PartsOf, SCHEMA, type ScalarName, type ValueOf } from "./schema.ts";

/** An object of a list: the path that sets it, and its valid parts. */
export interface Item<Parts> {
  path: string;
  parts: Parts;
  /** The texts of all its parts, valid or not. */
  texts: Readonly<Record<string, string>>;
}

/** Proposes a value for an invalid part of an object in a list. */
export type ExampleOf = (invalid: {
  path: string;
  part: string;
  text: string;
  /** All objects of the list. */
  items: readonly { texts: Readonly<Record<string, string>> }[];
}) => string | undefined;

/** A stack's configuration as the schema reads it. Every value is validated once, here. */
export class Configuration {
  readonly problems = new Problems();
  readonly environment: Environment;
  readonly #config = new pulumi.Config(pulumi.getProject());
  readonly #values = new Map<string, unknown>();

  constructor() {
    // An invalid environment is reported; the strictest one's defaults serve to find the other problems.
    this.environment = "prod";
    this.#readScalar("environment");
    this.environment = this.problems.has("environment") ? "prod" : this.value("environment");
    for (const [name, key] of Object.entries(SCHEMA)) {
      if ("type" in key && name !== "environment") this.#readScalar(name as ScalarName);
    }
  }

  /** The value that the stack states; undefined where it states none, or an invalid one. */
  stated<Name extends ScalarName>(name: Name): ValueOf<Name> | undefined {
    return this.#values.get(name) as ValueOf<Name> | undefined;
  }

  /** The value that the stack states, or else the default. */
  value<Name extends ScalarName>(name: Name): ValueOf<Name> {
    return this.stated(name) ?? (SCHEMA[name].type.parse(this.#default(name)) as ValueOf<Name>);
  }

  /** Whether the stack states a value, valid or not. */
  has(name: ScalarName): boolean {
    return this.#text(name) !== undefined;
  }

  /** The value as text, in the stack's own words. */
  shown(name: ScalarName): string {
    return this.#text(name) ?? this.#default(name);
  }

  /**
   * Whether a value can be compared with others: it is valid, and so is the environment if the value is its default. An error that
   * follows from one already reported is not reported as well.
   */
  isSettled(name: ScalarName): boolean {
    return !this.problems.has(name) && (this.has(name) || !this.problems.has("environment"));
  }

  /** A list of texts, each with the path that sets it. */
  list(name: ListName): { path: string; value: string }[] {
    const { allowed, example } = SCHEMA[name].item;
    const isText = (item: unknown) => typeof item === "string";
    return this.#items(name, isText, { path: "[0]", allowed, example }).map(({ path, value }) => ({
      path,
      value: String(value),
    }));
  }

  /**
   * A list of objects.
   * @param exampleOf proposes a value for an invalid part, given the path and all objects as texts. @default the part's example
   */
  objects<Name extends ObjectsName>(name: Name, exampleOf: ExampleOf = () => undefined): Item<PartsOf<Name>>[] {
    const { fields }: ObjectsKey = SCHEMA[name];
    const [first = ""] = Object.keys(fields);
    const isObject = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
    const allowed = `an object with the keys ${Object.keys(fields).join(", ")}`;
    const example = exampleText(fields[first], "");
    const found = this.#items(name, isObject, { path: `[0].${first}`, allowed, example });
    const items = found.map(({ path, value }) => ({ path, texts: textsOf(value as object) }));
    return items.map(({ path, texts }) => {
      const parts = Object.entries(texts).map(([part, text]) => {
        const propose = () => exampleOf({ path, part, text, items }) ?? exampleText(fields[part], text);
        return [part, this.#part(fields, `${path}.${part}`, part, text, propose)];
      });
      return { path, texts, parts: Object.fromEntries(parts.filter(([, value]) => value !== undefined)) };
    });
  }

  /** Reports the keys that the schema does not have. */
  refuseUnknownKeys(): void {
    const names = Object.keys(SCHEMA);
    for (const full of Object.keys(pulumi.runtime.allConfig())) {
      const [project, key = ""] = full.split(":");
      if (project !== pulumi.getProject() || names.includes(key)) continue;
      this.problems.add({
        code: "EP-CONFIG-03",
        key,
        value: pulumi.runtime.allConfig()[full],
        allowed: `unknown key${didYouMean(key, names)}; valid keys: ${names.toSorted().join(", ")}`,
        repair: { remove: key },
      });
    }
  }

  #readScalar(name: ScalarName): void {
    const text = this.#text(name);
    if (text === undefined) return;
    const key: ScalarKey<unknown> = SCHEMA[name];
    const read = key.type.safeParse(text);
    if (read.success) {
      this.#values.set(name, read.data);
    } else {
      const repair = exampleText(key, text) || this.#default(name);
      this.problems.add({ code: "EP-CONFIG-01", key: name, value: text, allowed: key.allowed, repair });
    }
  }

  #part(fields: ObjectsKey["fields"], path: string, part: string, value: string, propose: () => string): unknown {
    const field = fields[part];
    if (!field) {
      const names = Object.keys(fields);
      const allowed = `unknown key${didYouMean(part, names)}; valid keys: ${names.join(", ")}`;
      this.problems.add({ code: "EP-CONFIG-03", key: path, value, allowed, repair: { remove: path } });
      return undefined;
    }
    const read = field.type.safeParse(value);
    if (!read.success) {
      this.problems.add({ code: "EP-CONFIG-01", key: path, value, allowed: field.allowed, repair: propose() });
    }
    return read.data;
  }

  #items(
    name: ListName | ObjectsName,
    fits: (item: unknown) => boolean,
    { path, allowed, example }: { path: string; allowed: string; example: string },
  ): { path: string; value: unknown }[] {
    const text = this.#text(name) ?? "[]";
    const list = parsed(text);
    const code = "EP-CONFIG-01";
    if (!Array.isArray(list)) {
      const repair = { path: `${name}${path}`, value: example };
      this.problems.add({ code, key: name, value: text, allowed: `a list, each item ${allowed}`, repair });
      return [];
    }
    const items = list.map((value: unknown, index) => ({ path: `${name}[${index}]`, value }));
    for (const item of items.filter(({ value }) => !fits(value))) {
      const repair = { remove: item.path };
      this.problems.add({ code, key: item.path, value: textOf(item.value), allowed, repair });
    }
    return items.filter(({ value }) => fits(value));
  }

  #text(name: string): string | undefined {
    // In Pulumi.yaml a key without a default is mandatory, so the default of an optional key is an empty text.
    return this.#config.get(name) || undefined;
  }

  #default(name: ScalarName): string {
    return defaultText(SCHEMA[name], this.environment);
  }
}

/** A value to propose in the place of the text; empty where the field has none of its own. */
export function exampleText(field: Field<unknown> | undefined, text: string): string {
  const { example = "" } = field ?? {};
  return typeof example === "function" ? example(text) : example;
}

/** The parts of an object as texts; a part without a value is left out, as one that is not written. */
function textsOf(value: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([part, written]) => {
      const text = textOf(written);
      return text === undefined ? [] : [[part, text]];
    }),
  );
}

/** A value as its author wrote it: what is not a text, as JSON. */
function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
