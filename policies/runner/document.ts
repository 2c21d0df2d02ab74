// Writes the tables of docs/policies.md from the rules.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PolicyConfigSchema } from "@pulumi/policy";
import type { Rule } from "../engine/rule.ts";
import { rules } from "../rules.ts";

/** Where it is written. */
export const DOCUMENT = join(import.meta.dirname, "../../docs/policies.md");

const TABLES: Record<string, () => string> = {
  rules: () =>
    table(["rule", "what it demands", "judges", "severity", "source"], (rule) => [
      [
        `[\`${rule.name}\`](../policies/rules/${fileOf(rule)})`,
        rule.description,
        "validateStack" in rule ? "the stack" : "each resource",
        rule.severity,
        `[${rule.framework?.reference ?? "source"}](${rule.url})`,
      ],
    ]),
  remedies: () => table(["rule", "remedy"], (rule) => [[`\`${rule.name}\``, rule.remediationSteps]]),
  settings: () =>
    table(["rule", "setting", "type", "default", "meaning"], (rule) =>
      Object.entries(rule.configSchema?.properties ?? {}).map(([name, property]) => [
        `\`${rule.name}\``,
        `\`${name}\``,
        typeOf(property),
        property.default === undefined ? "" : `\`${JSON.stringify(property.default)}\``,
        property.description ?? "",
      ]),
    ),
  "azure-policy": () =>
    table(["rule", "Azure Policy", "module's default"], (rule) => [
      [
        `\`${rule.name}\``,
        Object.entries(rule.builtIns ?? {})
          .map(([id, name]) => `${name} \`${id}\``)
          .join("<br>") || "—",
        rule.verifiedModule ?? "—",
      ],
    ]),
};

/** The page with its tables as the rules have them: each between `<!-- table: name -->` and `<!-- end -->`. */
export function document(page: string): string {
  return page.replace(
    /(<!-- table: ([\w-]+) -->\n)[\s\S]*?(?=<!-- end -->)/g,
    (_, start: string, name: string) => `${start}${TABLES[name]?.()}`,
  );
}

/** The file of a rule: its name in the writing of files. */
export function fileOf({ name }: Pick<Rule, "name">): string {
  return `${name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}.ts`;
}

type Setting = PolicyConfigSchema["properties"][string];

function typeOf({ type, items, minimum, maximum, enum: words }: Setting): string {
  if (words) return words.map((word) => `\`${String(word)}\``).join(", ");
  if (minimum !== undefined) return `${String(type)}, ${minimum} to ${maximum}`;
  if (typeof items === "object" && !Array.isArray(items)) return `list of ${typeOf(items)}`;
  return String(type);
}

function table(head: readonly string[], rowsOf: (rule: Rule) => string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rules.flatMap(rowsOf)].map(line).join("");
}

if (import.meta.main) writeFileSync(DOCUMENT, document(readFileSync(DOCUMENT, "utf8")));
