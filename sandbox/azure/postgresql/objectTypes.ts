import { escapeIdentifier } from "pg";
import type { Props } from "../providerHost.ts";
import { inSetOrder } from "./privileges.ts";
import { quoted, text, texts } from "./resourceType.ts";

/** A kind of object that privileges are granted on. */
interface ObjectType {
  /** What GRANT names it by. */
  target(state: Props): string;
  /** The object's access list, where a grant is on one whole object: catalog, column of the name, column of the list. */
  acl?: readonly [string, string, string];
  /** The name of that object. */
  name?(state: Props): string;
  /** Whether the object lies in no schema. @default false */
  outside?: true;
}

const database = (state: Props) => text(state, "database");
const schema = (state: Props) => text(state, "schema");
const firstObject = (state: Props) => inSetOrder(texts(state, "objects"))[0] ?? "";

/** Kinds of object that a grant may be on. */
export const OBJECT_TYPES: Readonly<Record<string, ObjectType>> = {
  database: {
    target: (state) => `DATABASE ${quoted(state, "database")}`,
    acl: ["pg_database", "datname", "datacl"],
    name: database,
    outside: true,
  },
  function: { target: (state) => inSchema("FUNCTION", state) },
  procedure: { target: (state) => inSchema("PROCEDURE", state) },
  routine: { target: (state) => inSchema("ROUTINE", state) },
  schema: {
    target: (state) => `SCHEMA ${quoted(state, "schema")}`,
    acl: ["pg_namespace", "nspname", "nspacl"],
    name: schema,
  },
  sequence: { target: (state) => inSchema("SEQUENCE", state) },
  table: { target: (state) => inSchema("TABLE", state) },
  foreign_data_wrapper: {
    target: (state) => `FOREIGN DATA WRAPPER ${escapeIdentifier(firstObject(state))}`,
    acl: ["pg_foreign_data_wrapper", "fdwname", "fdwacl"],
    name: firstObject,
    outside: true,
  },
  foreign_server: {
    target: (state) => `FOREIGN SERVER ${escapeIdentifier(firstObject(state))}`,
    acl: ["pg_foreign_server", "srvname", "srvacl"],
    name: firstObject,
    outside: true,
  },
  column: { target: (state) => inSchema("TABLE", state) },
};

/** Whether this kind of object lies in no schema. */
export function isOutsideSchemas(objectType: string): boolean {
  return OBJECT_TYPES[objectType]?.outside === true;
}

function inSchema(word: string, state: Props): string {
  const objects = inSetOrder(texts(state, "objects"));
  if (objects.length === 0) return `ALL ${word}S IN SCHEMA ${quoted(state, "schema")}`;
  return `${word} ${objects.map((name) => `${quoted(state, "schema")}.${objectName(name)}`).join(",")}`;
}

/** A name in SQL. A function's name may be followed by argument types, `f(integer, text)`, which are no identifier. */
function objectName(name: string): string {
  const [, base = name, types = ""] = /^([^(]*)(\(.*)$/s.exec(name) ?? [];
  if (types !== "" && !/^\([\w ,.[\]]*\)$/.test(types)) {
    throw new Error(
      `The object ${name} has argument types with other characters than letters, digits, "_", "." and "[]".`,
    );
  }
  return escapeIdentifier(base) + types;
}
