import { escapeIdentifier } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query } from "./connection.ts";
import { exists } from "./memberships.ts";
import { inSetOrder, privilegeWords } from "./privileges.ts";
import { text, texts } from "./resourceType.ts";

/** Kinds of object that a grant may be on. */
export const OBJECT_TYPES = [
  "database",
  "function",
  "procedure",
  "routine",
  "schema",
  "sequence",
  "table",
  "foreign_data_wrapper",
  "foreign_server",
  "column",
] as const;

/** Whether this kind of object lies in no schema. */
export function isOutsideSchemas(objectType: string): boolean {
  return ["database", "foreign_data_wrapper", "foreign_server"].includes(objectType);
}

/** `privileges ON what`, the part that GRANT and REVOKE share. */
export function onTarget(state: Props, privileges: string): string {
  const objectType = text(state, "objectType");
  const schema = text(state, "schema");
  const objects = inSetOrder(texts(state, "objects"));
  const qualified = objects.map((name) => `${escapeIdentifier(schema)}.${objectName(name)}`).join(",");
  switch (objectType) {
    case "database":
      return `${privileges} ON DATABASE ${escapeIdentifier(text(state, "database"))}`;
    case "schema":
      return `${privileges} ON SCHEMA ${escapeIdentifier(schema)}`;
    case "foreign_data_wrapper":
      return `${privileges} ON FOREIGN DATA WRAPPER ${escapeIdentifier(objects[0] ?? "")}`;
    case "foreign_server":
      return `${privileges} ON FOREIGN SERVER ${escapeIdentifier(objects[0] ?? "")}`;
    case "column": {
      const columns = inSetOrder(texts(state, "columns")).map((name) => escapeIdentifier(name));
      return `${privileges} (${columns.join(",")}) ON TABLE ${qualified}`;
    }
    case "table":
    case "sequence":
    case "function":
    case "procedure":
    case "routine": {
      const word = objectType.toUpperCase();
      const what = objects.length > 0 ? `${word} ${qualified}` : `ALL ${word}S IN SCHEMA ${escapeIdentifier(schema)}`;
      return `${privileges} ON ${what}`;
    }
    default:
      throw new Error(`A grant has objectType ${objectType}. Give one of ${OBJECT_TYPES.join(", ")}.`);
  }
}

/** The REVOKE that takes a grant back: of named objects just its privileges, so that those on their columns stay; else all. */
export function revokeStatement(state: Props): string | undefined {
  const objectType = text(state, "objectType");
  const privileges = texts(state, "privileges");
  if (objectType === "column" && (privileges.length === 0 || texts(state, "columns").length === 0)) return undefined;
  const named = !isOutsideSchemas(objectType) && objectType !== "schema" && texts(state, "objects").length > 0;
  const words = named && privileges.length > 0 ? privilegeWords(objectType, privileges) : "ALL PRIVILEGES";
  return `REVOKE ${onTarget(state, words)} FROM ${escapeIdentifier(text(state, "role"))}`;
}

/** Refuses what PostgreSQL has no statement for. Like the plugin it does so at the update, not in a preview. */
export function checkTarget(state: Props): void {
  const objectType = text(state, "objectType");
  const [objects, columns] = [texts(state, "objects").length, texts(state, "columns").length];
  const outside = isOutsideSchemas(objectType);
  const problem =
    (text(state, "schema") === "" && !outside && "parameter 'schema' is mandatory") ||
    (objects > 0 && ["database", "schema"].includes(objectType) && "objects cannot be given") ||
    (columns > 0 && objectType !== "column" && "columns cannot be given") ||
    (objectType === "column" && columns === 0 && "columns must be given") ||
    (objectType === "column" && texts(state, "privileges").length !== 1 && "exactly 1 privilege must be given") ||
    (objectType === "column" && objects !== 1 && "exactly 1 table must be given in objects") ||
    (objectType.startsWith("foreign_") && objects !== 1 && "exactly 1 name must be given in objects");
  if (problem) throw new Error(`In a grant with objectType ${objectType} ${problem}.`);
}

/** Whether the role and the schema that a grant or default privileges name are there; the session is in their database. */
export async function placeExists(query: Query, state: Props): Promise<boolean> {
  const role = text(state, "role");
  if (role !== "public" && !(await exists(query, "role", role))) return false;
  const schema = text(state, "schema");
  return schema === "" || isOutsideSchemas(text(state, "objectType")) || (await exists(query, "schema", schema));
}

/** A name in SQL. A function's may have argument types behind it, `f(integer, text)`, which are no identifier. */
function objectName(name: string): string {
  const [, base = name, types = ""] = /^([^(]*)(\(.*)$/s.exec(name) ?? [];
  if (types !== "" && !/^\([\w ,.[\]]*\)$/.test(types)) {
    throw new Error(
      `The object ${name} has argument types with other characters than letters, digits, "_", "." and "[]".`,
    );
  }
  return escapeIdentifier(base) + types;
}
