// Writes docs/policies.md, which a test holds against the rules.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PolicyConfigSchema } from "@pulumi/policy";
import type { Rule } from "../../policies/rule.ts";
import { rules } from "../../policies/rules.ts";

/** Where it is written. */
export const DOCUMENT = join(import.meta.dirname, "../../docs/policies.md");

const INTRODUCTION = `# The policy pack

\`policies/\` holds a program against ${rules.length} rules before anything is made. Written by \`node tools/policies/document.ts\` from the
rules themselves; change those.

\`\`\`sh
pulumi preview --policy-pack "$(node tools/policies/main.ts)"
pulumi preview --policy-pack "$(node tools/policies/main.ts policies.json)" --policy-pack-config policies.json
\`\`\`

\`tools/policies/main.ts\` builds the pack when its sources changed and prints how this Pulumi CLI takes it; given a configuration, it refuses
one that names a rule or a setting that is not there, which the CLI takes in silence.

- **Environment.** Rules that depend on it go by their setting \`environment\`, else by the server's tag \`environment\`, else by \`prod\`,
  the strictest; a word that is not dev, test or prod is prod, too.
- **Not known yet.** In a preview some values are not known. A rule judges all that is; what it found stays mandatory. Then it says, as an
  advisory, which property of which resource waits for \`up\`, and \`up\` judges that before the resource is made, or, for rules on the stack,
  at the end. No rule takes a value that is not known for a good one or a bad one.
- **A rule that fails itself** fails the preview, whatever its level.
- **Which resources.** They are told by their type, whichever version of azure-native's API a program chose; dynamic resources by theirs.
  What a rule does not judge it does not look at.
- **In the stack** rules see how resources go together, after they are all known to the engine; the others see each by its inputs.
`;

const CONFIGURATION = `## Configuration

A JSON file, with a rule's level, or its level and settings; \`all\` sets the level of every rule:

\`\`\`json
{
  "no-public-access": { "environment": "test", "environments": ["prod"] },
  "firewall-no-wide-range": { "minimumPrefix": 28 },
  "required-tags": "advisory"
}
\`\`\`
`;

const MAPPING = `## Beside Azure Policy and the Azure Verified Module

Azure Policy judges what is there; this pack judges what is to come. Names and ids are those of the built-in definitions, at
https://github.com/Azure/azure-policy/tree/master/built-in-policies/policyDefinitions. The module is the Bicep module
[avm/res/db-for-postgre-sql/flexible-server](https://github.com/Azure/bicep-registry-modules/tree/main/avm/res/db-for-postgre-sql/flexible-server)
0.16.0, with what it does unless told otherwise; — where it has no such setting. Of Azure Policy's built-ins for flexible servers these have no rule
here: pgAudit, connection throttling, logging of connections, disconnections and checkpoints (server parameters that the logs'
reader chooses), and encryption with a key of the customer's own.
`;

/** The page. */
export function document(): string {
  return [
    INTRODUCTION,
    "## Rules\n",
    table(
      ["rule", "what it demands", "looks at", "level", "severity", "source"],
      rules.map((rule) => [
        `[\`${rule.name}\`](../policies/rules/${fileOf(rule)})`,
        rule.description,
        kindOf(rule),
        rule.enforcementLevel,
        rule.severity,
        `[${rule.framework.reference}](${rule.url})`,
      ]),
    ),
    `The source's mark is the control of the Microsoft cloud security benchmark, version 1.\n`,
    "## What to do\n",
    table(
      ["rule", "remedy"],
      rules.map((rule) => [`\`${rule.name}\``, rule.remediationSteps]),
    ),
    CONFIGURATION,
    table(
      ["rule", "setting", "type", "default", "meaning"],
      rules.flatMap((rule) =>
        Object.entries(rule.configSchema?.properties ?? {}).map(([name, property]) => [
          `\`${rule.name}\``,
          `\`${name}\``,
          typeOf(property),
          property.default === undefined ? "" : `\`${JSON.stringify(property.default)}\``,
          property.description ?? "",
        ]),
      ),
    ),
    MAPPING,
    table(
      ["rule", "Azure Policy", "module's default"],
      rules.map((rule) => [
        `\`${rule.name}\``,
        rule.builtIns.map(({ name, id }) => `${name} \`${id}\``).join("<br>") || "—",
        rule.verifiedModule ?? "—",
      ]),
    ),
  ].join("\n");
}

/** The file of a rule: its name in the writing of files. */
export function fileOf({ name }: Pick<Rule, "name">): string {
  return `${name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}.ts`;
}

function kindOf(rule: Rule): string {
  return "validateStack" in rule ? "the stack" : "each resource";
}

type Setting = PolicyConfigSchema["properties"][string];

function typeOf({ type, items, minimum, maximum, enum: words }: Setting): string {
  if (words) return words.map((word) => `\`${String(word)}\``).join(", ");
  if (minimum !== undefined) return `${String(type)}, ${minimum} to ${maximum}`;
  if (typeof items === "object" && !Array.isArray(items)) return `list of ${typeOf(items)}`;
  return String(type);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

if (import.meta.main) writeFileSync(DOCUMENT, document());
