import type { PolicyConfigSchema } from "@pulumi/policy";

type Setting = PolicyConfigSchema["properties"][string];

/** A setting with a whole number. */
export function integer(minimum: number, maximum: number, byDefault: number, description: string): Setting {
  return { type: "integer", minimum, maximum, default: byDefault, description };
}

/** A setting with a list of different values. */
export function list(
  items: NonNullable<Setting["items"]>,
  byDefault: unknown[],
  description: string,
  minItems = 0,
): Setting {
  return { type: "array", items, uniqueItems: true, minItems, default: byDefault, description };
}
