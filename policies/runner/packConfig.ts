import { existsSync, readFileSync } from "node:fs";
import { UserError } from "entra-postgres/errors";
import { z } from "zod";
import { rules } from "../rules.ts";

/** The levels of a rule. No rule of the pack remediates. */
const LEVEL = z.enum(["advisory", "mandatory", "disabled"]);

/**
 * The pack's configuration, as `--policy-pack-config` takes it. The engine ignores unknown rules and settings in silence, so this schema
 * refuses them. The engine checks the values of settings.
 */
export const PACK_CONFIG = configSchema([]);

/** The same for a stack of this project, whose environment is one for all rules. */
export const STACK_RULES = configSchema(["environment"]);

/**
 * Reads a configuration in JSON.
 * @throws {UserError} EP-POLICY-04 with every problem
 */
export function readConfig<T>(file: string, schema: z.ZodType<T>): T {
  const { data, problems } = parse(file, schema);
  if (problems.length === 0) return data as T;
  throw new UserError({
    code: "EP-POLICY-04",
    step: "reading the policy pack's configuration",
    at: file,
    expected: "JSON with the rules and settings of docs/policies.md",
    found: problems.join("\n            "),
  });
}

/** An object with these keys alone. */
export function only<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown key ${issue.keys?.map((key) => `"${key}"`).join(", ")}; valid keys: ${Object.keys(shape).join(", ")}`
        : undefined,
  });
}

function configSchema(without: readonly string[]) {
  const shapes = rules.map(({ name, configSchema }) => {
    const settings = Object.keys(configSchema?.properties ?? {}).filter((setting) => !without.includes(setting));
    const shape = only({
      enforcementLevel: LEVEL.optional(),
      ...Object.fromEntries(settings.map((setting) => [setting, z.unknown().optional()])),
    });
    // A level alone is short for an object with it.
    return [
      name,
      z.preprocess((value) => (typeof value === "string" ? { enforcementLevel: value } : value), shape).optional(),
    ];
  });
  return only({ all: LEVEL.optional(), ...Object.fromEntries(shapes) });
}

function parse<T>(file: string, schema: z.ZodType<T>): { data?: T | undefined; problems: string[] } {
  if (!existsSync(file)) return { problems: ["no such file"] };
  try {
    const { data, error } = schema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    const problems = error?.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
    return { data, problems: problems ?? [] };
  } catch (error) {
    return { problems: [(error as Error).message] };
  }
}
