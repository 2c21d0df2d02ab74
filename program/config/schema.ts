import type { z } from "zod";
import type { Field, ListKey, ObjectsKey, ScalarKey } from "./key.ts";
import { ACCESS_KEYS } from "./keys/access.ts";
import { SERVER_KEYS } from "./keys/server.ts";
import { STACK_KEYS } from "./keys/stack.ts";

/** Every key of the configuration. Pulumi.yaml's section, docs/deploy.md's table and docs/configuration.md are written from it. */
export const SCHEMA = { ...STACK_KEYS, ...SERVER_KEYS, ...ACCESS_KEYS } satisfies Record<
  string,
  ScalarKey<unknown> | ListKey<unknown> | ObjectsKey
>;

type Schema = typeof SCHEMA;

/** Names of the keys with one value. */
export type ScalarName = {
  [Name in keyof Schema]: Schema[Name] extends { type: unknown } ? Name : never;
}[keyof Schema];
/** Names of the keys with a list of values. */
export type ListName = { [Name in keyof Schema]: Schema[Name] extends { item: unknown } ? Name : never }[keyof Schema];
/** Names of the keys with a list of objects. */
export type ObjectsName = {
  [Name in keyof Schema]: Schema[Name] extends { fields: unknown } ? Name : never;
}[keyof Schema];

/** The value of a key. */
export type ValueOf<Name extends ScalarName> = z.output<Schema[Name]["type"]>;

/** The valid parts of an object in a list. */
export type PartsOf<Name extends ObjectsName> = {
  [Part in keyof Schema[Name]["fields"]]?: Schema[Name]["fields"][Part] extends Field<infer Value> ? Value : never;
};
