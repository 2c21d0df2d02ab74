import * as pulumi from "@pulumi/pulumi";
import { moveCommands, removeCommand } from "./commands.ts";
import { SCHEMA } from "./schema.ts";

/** Namespaces of providers whose configuration has keys named like ours, such as `location` and `environment`. */
const PROVIDERS = ["azure", "azure-native", "azuread", "azapi", "pulumi"];

/**
 * Refuses keys of the schema under another project's name: after the project was renamed, their values would be ignored.
 * @throws {pulumi.RunError} with every such key and the commands that move it
 */
export function refuseMovedKeys(): void {
  const project = pulumi.getProject();
  const secrets: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
  const moved = Object.keys(pulumi.runtime.allConfig()).filter((full) => {
    const [namespace = "", key = ""] = full.split(":");
    return namespace !== project && !PROVIDERS.includes(namespace) && key in SCHEMA;
  });
  if (moved.length === 0) return;
  const blocks = moved.map((full) => {
    const key = full.split(":")[1] ?? "";
    const { set, remove } = moveCommands(full, key, secrets.includes(full));
    const lines = isStated(key) ? [`remove:  ${removeCommand(full)}`] : [`set:     ${set}`, `remove:  ${remove}`];
    return [full, ...lines, "code:    EP-CONFIG-06"].join("\n    ");
  });
  const count = moved.length === 1 ? "1 key" : `${moved.length} keys`;
  throw new pulumi.RunError(
    `The configuration of stack ${pulumi.getStack()} has ${count} of another project; this project is ${project}:\n\n  ${blocks.join("\n\n  ")}\n`,
  );
}

/** Whether this project has a value of its own, which a move would overwrite. */
function isStated(key: string): boolean {
  const entry = SCHEMA[key as keyof typeof SCHEMA];
  const standard = "type" in entry && typeof entry.default === "string" ? entry.default : "";
  return ![undefined, "", "[]", standard].includes(new pulumi.Config().get(key));
}
