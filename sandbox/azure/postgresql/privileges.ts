import { crc32 } from "node:zlib";

/** Privileges by the kind of object, as GRANT names them. MAINTAIN is there from PostgreSQL 17. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  database: ["CREATE", "CONNECT", "TEMPORARY"],
  schema: ["CREATE", "USAGE"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
  procedure: ["EXECUTE"],
  routine: ["EXECUTE"],
  type: ["USAGE"],
  foreign_data_wrapper: ["USAGE"],
  foreign_server: ["USAGE"],
};

/**
 * The privileges as SQL: only words of a closed list get there.
 * @throws Error for a word that is no privilege of this kind of object
 */
export function privilegeWords(objectType: string, privileges: readonly string[]): string {
  const allowed = ["ALL", ...(ALLOWED[objectType] ?? [])];
  const wrong = privileges.find((word) => !allowed.includes(word));
  if (wrong !== undefined) {
    throw new Error(
      `${wrong} is not an allowed privilege for object type ${objectType}. Give some of ${allowed.join(", ")}, in capitals.`,
    );
  }
  return inSetOrder(privileges).join(",");
}

/** Whether what is granted is what is wanted; ALL is everything there is. */
export function samePrivileges(objectType: string, granted: readonly string[], wanted: readonly string[]): boolean {
  const has = sorted(granted);
  if (has === sorted(wanted)) return true;
  return wanted.includes("ALL") && has === sorted(ALLOWED[objectType] ?? []);
}

/**
 * The members of a set, in the order in which the plugin lists them in ids and statements: by the decimal digits of their CRC-32.
 * Source: hashicorp/terraform-plugin-sdk v2, helper/schema/set.go (`HashString`, `listCode`).
 */
export function inSetOrder(values: readonly string[]): string[] {
  const keyed = [...new Set(values)].map((value) => ({ value, key: String(crc32(value)) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ value }) => value);
}

function sorted(values: readonly string[]): string {
  return [...new Set(values)].sort().join();
}
