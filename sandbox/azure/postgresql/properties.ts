import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Property } from "./resourceType.ts";

type Type = "Database" | "Role" | "Schema" | "Extension" | "Grant" | "GrantRole" | "DefaultPrivileges";

/** The input properties of each type. */
export const PROPERTIES: Readonly<Record<Type, Readonly<Record<string, Property>>>> = parse(
  readFileSync(join(import.meta.dirname, "properties.yaml"), "utf8"),
  { merge: true },
);
