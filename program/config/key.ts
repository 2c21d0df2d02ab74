import type { Environment } from "entra-postgres/environments";
import { z } from "zod";

/** What a value may be: of a key, or of a part of one. */
export interface Field<Value> {
  /** Turns the text of the configuration into the value, or refuses it. */
  type: z.ZodType<Value>;
  /** The same in words, which follow "allowed:". */
  allowed: string;
  /** A value to propose in the place of a text. @default the key's default */
  example?: string | ((text: string) => string);
}

/** What every key has, whatever its type. */
interface Documented {
  description: string;
  /** What a change of the value does to what is there. */
  change: string;
}

/** A key with one value. */
export interface ScalarKey<Value> extends Field<Value>, Documented {
  /** The text that counts where the stack states none; empty: there is none, or {@link defaultWords}. */
  default: string | Readonly<Record<Environment, string>>;
  /** The default in words, where it follows from other keys. */
  defaultWords?: string;
}

/** A key with a list of values, by default none. */
export interface ListKey<Value> extends Documented {
  item: Field<Value> & { example: string };
}

/** A key with a list of objects, by default none. */
export interface ObjectsKey extends Documented {
  fields: Readonly<Record<string, Field<unknown>>>;
}

/** One of the words. */
export function oneOf<const Word extends string>(words: readonly Word[], example?: Word): Field<Word> {
  return { type: z.enum(words), allowed: words.join(", "), ...(example ? { example } : {}) };
}

/** A text of this form. */
export function text(pattern: RegExp, allowed: string, example: string): Field<string> & { example: string } {
  return { type: z.string().regex(pattern), allowed, example };
}

/** An object id of Microsoft Entra. */
export const OBJECT_ID = text(
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  "an object id (principal id), a GUID",
  "11111111-2222-3333-4444-555555555555",
);

/** The ARM id of a resource of this type, such as `Microsoft.Compute/virtualMachines`. */
export function armIdOf(what: string, type: string): Field<string> & { example: string } {
  const [provider = "", ...types] = type.split("/");
  const path = [provider, ...types.map((one) => `${one}/[^/]+`)].join("/");
  const pattern = new RegExp(`^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/${path}$`, "i");
  const names = types.map((one) => `${one}/<name>`).join("/");
  const example = `/subscriptions/<id>/resourceGroups/<group>/providers/${provider}/${names}`;
  return { type: z.string().regex(pattern), allowed: `the ARM id of ${what}`, example };
}

/** A value that the engine hands over as JSON. */
export const json = z.string().transform((given, context): unknown => {
  try {
    return JSON.parse(given);
  } catch {
    context.addIssue("not JSON");
    return z.NEVER;
  }
});

/** A list of texts of this form. */
export function listOf(pattern: RegExp, allowed: string, example: string): Field<string[]> {
  return { type: json.pipe(z.array(z.string().regex(pattern))), allowed, example: JSON.stringify([example]) };
}

const WHOLE_NUMBER = z
  .string()
  .regex(/^-?\d{1,15}$/)
  .transform(Number);

/** A whole number in decimal digits. */
export function wholeNumber(min: number, max: number): Field<number> {
  return { type: WHOLE_NUMBER.pipe(z.number().min(min).max(max)), allowed: `a whole number from ${min} to ${max}` };
}

/** One of the sizes, in ascending order. The example is the next larger one. */
export function sizeOf(sizes: readonly number[]): Field<number> {
  const nextLarger = (given: string) => {
    const number = WHOLE_NUMBER.safeParse(given).data;
    return String(sizes.find((size) => number !== undefined && size > number) ?? sizes[0]);
  };
  return {
    type: WHOLE_NUMBER.refine((size) => sizes.includes(size)),
    allowed: sizes.join(", "),
    example: nextLarger,
  };
}

/** Azure's words for on and off. */
export const SWITCH: Field<boolean> = {
  type: z.enum(["Enabled", "Disabled"]).transform((word) => word === "Enabled"),
  allowed: "Enabled, Disabled",
};

/** What a stack states where it states nothing: the text of the default, of the environment where it has a say. */
export function defaultText(key: ScalarKey<unknown>, environment: Environment): string {
  return typeof key.default === "string" ? key.default : key.default[environment];
}
