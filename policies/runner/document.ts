// Writes docs/policies.md, which a test holds against the rules.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PolicyConfigSchema } from "@pulumi/policy";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { STRICTEST } from "../engine/environment.ts";
import type { Rule } from "../engine/rule.ts";
import { rules } from "../rules.ts";

/** Where it is written. */
export const DOCUMENT = join(import.meta.dirname, "../../docs/policies.md");

const INTRODUCTION = `# The policy pack

\`policies/\` holds a program against ${rules.length} rules before anything is made. Written by \`node policies/runner/document.ts\` from the
rules themselves; change those.

\`\`\`sh
node policies/runner/main.ts --stack dev -- pulumi preview --diff
\`\`\`

\`policies/runner/main.ts\` builds the pack when its sources changed and runs the command with it, on the stack, as the stack's file below has it.
\`make preview\`, \`make up\`, \`make ci\` and the workflows take the same way.

- **Environment.** Rules with the setting \`environment\` go by the stack's file, and not by what they judge: a program that calls itself
  \`dev\` is no less strictly judged for it, and the rule \`environment-tag\` refuses a tag that says something else than the file.
- **Not known yet.** In a preview some values are not known. A rule judges all that is; what it found stays mandatory. Then it says, as an
  advisory, which property of which resource waits for \`up\`, and \`up\` judges that before the resource is made, or, for rules on the stack,
  at the end. No rule takes a value that is not known for a good one or a bad one.
- **A rule that fails itself** fails the preview, whatever its level.
- **Which resources.** They are told by their type, whichever version of azure-native's API a program chose; dynamic resources by theirs.
  What a rule does not judge it does not look at. Nobody judges the classic provider's \`azure:postgresql/flexibleServer:FlexibleServer\` and
  its like, what \`azure-native:resources:Resource\` or an ARM template in \`azure-native:resources:Deployment\` makes, scale sets of virtual
  machines, or SQL that a command runs.
- **Read replicas** can have neither backups nor a standby, so the rules on those leave them out until the program promotes them.
- **In the stack** rules see how resources go together, after they are all known to the engine; the others see each by its inputs.
`;

const CONFIGURATION = `## How strictly a stack is judged

The committed file \`policies/stacks/<stack>.json\` says it; of \`organization/project/stack\` the last part counts. Reviews by code owners keep it
in the hands of those who answer for the database: [delivery.md](delivery.md) has the lines for \`CODEOWNERS\`.

\`\`\`json
{
  "environment": "prod",
  "rules": {
    "firewall-no-wide-range": { "minimumPrefix": 28 },
    "required-tags": "advisory",
    "diagnostics": { "enforcementLevel": "advisory" }
  }
}
\`\`\`

| key | type | needed | meaning |
| --- | --- | --- | --- |
| \`environment\` | ${ENVIRONMENTS.map((each) => `\`${each}\``).join(", ")} | yes | what the stack is for: the setting \`environment\` of all rules that have it |
| \`rules\` | object | no | by a rule's name its level (\`mandatory\`, \`advisory\`, \`disabled\`), or \`enforcementLevel\` and settings of the table below; \`all\` sets the level of every rule |

A stack without a file is judged as \`${STRICTEST}\`, the strictest. A file that cannot be read, or that names a key, a rule, a setting or a level which is not
there, fails the preview and the update before Pulumi runs.

For what is no stack of this project the pack takes a file as \`--policy-pack-config\` has it, which is what \`rules\` holds, the setting
\`environment\` rule by rule:

\`\`\`sh
pulumi preview --policy-pack "$(node policies/runner/main.ts policies.json)" --policy-pack-config policies.json
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
        `[${rule.framework?.reference ?? "source"}](${rule.url})`,
      ]),
    ),
    `The source's mark is the control of the Microsoft cloud security benchmark, version 1, that is about the same, where there is one.\n`,
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
        rule.builtIns?.map(({ name, id }) => `${name} \`${id}\``).join("<br>") || "—",
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
