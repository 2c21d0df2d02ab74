import { readFileSync } from "node:fs";
import type { PolicyConfigSchema } from "@pulumi/policy";
import { rules } from "../rules.ts";

/** The engine's own setting of each rule. */
const LEVEL = "enforcementLevel";
/** Its words. No rule of the pack remediates. */
const LEVELS = ["advisory", "mandatory", "disabled"];

/**
 * Refuses a configuration that names rules, settings or levels which are not there: the engine takes the first two in silence, and the rule
 * goes on with its defaults. The settings' values are the engine's to check.
 * @param file in JSON, as `--policy-pack-config` takes it
 * @throws Error with everything that is wrong
 */
export function requireConfig(file: string): void {
  const problems = configProblems(parse(file));
  if (problems.length > 0) {
    throw new Error(
      [
        `${file} configures what the policy pack does not have:`,
        ...problems.map((each) => `  ${each}`),
        REMEDY,
        CODE,
      ].join("\n"),
    );
  }
}

/** Where it is said what there is. */
export const REMEDY = "docs/policies.md lists the rules and their settings.";

const CODE = "  code:     EP-POLICY-04";

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`The policy pack's configuration ${file} cannot be read: ${(error as Error).message}\n${CODE}`);
  }
}

/** Everything that is named and is not there. */
export function configProblems(config: unknown): string[] {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return ["it is no object of rules"];
  return Object.entries(config).flatMap(([name, value]) => {
    if (name === "all") return typeof value === "string" ? levelProblems(name, value) : [`"all" is no level`];
    const rule = rules.find((each) => each.name === name);
    if (!rule) return [`there is no rule "${name}"`];
    if (typeof value === "string") return levelProblems(name, value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return [`"${name}" is neither a level nor an object of settings`];
    }
    const known = settingsOf(rule.configSchema);
    const level = LEVEL in value ? levelProblems(name, value[LEVEL]) : [];
    const unknown = Object.keys(value)
      .filter((setting) => !known.includes(setting))
      .map((setting) => `"${name}" has no setting "${setting}"; it has: ${known.join(", ")}`);
    return [...level, ...unknown];
  });
}

function levelProblems(name: string, level: unknown): string[] {
  if (LEVELS.some((each) => each === level)) return [];
  return [`"${name}" has the level ${JSON.stringify(level)}; allowed: ${LEVELS.join(", ")}`];
}

function settingsOf(schema: PolicyConfigSchema | undefined): string[] {
  return [LEVEL, ...Object.keys(schema?.properties ?? {})];
}
