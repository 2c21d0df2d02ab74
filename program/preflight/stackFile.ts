import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { UserError } from "../../components/errors/userError.ts";

/** A stack's configuration as its file has it, without the engine. */
export interface StackFile {
  project: string;
  /** With its organization where the name has one. */
  stack: { organization?: string; name: string };
  /** By full key, such as `azure-native:location`; what is not a text as JSON, as the engine hands it over. */
  values: Readonly<Record<string, string>>;
  /** Full keys whose values only Pulumi can decrypt. */
  secrets: readonly string[];
}

/**
 * Reads `Pulumi.<stack>.yaml` of the project in a folder.
 *
 * @param stack its name, with or without organization and project
 * @param file a configuration file instead
 * @throws {UserError} EP-PREFLIGHT-18 without such a file
 */
export function readStackFile(folder: string, stack: string, file?: string): StackFile {
  const words = stack.split("/");
  const name = words.at(-1) ?? "";
  const path = file ?? join(folder, `Pulumi.${name}.yaml`);
  if (!existsSync(path)) {
    throw new UserError({
      code: "EP-PREFLIGHT-18",
      step: "reading the stack's configuration",
      expected: `a file ${path}`,
      found: "none",
      remedy: `correct STACK, or begin the file with \`pulumi stack init ${name}\``,
    });
  }
  const project = String(object(parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8"))).name);
  const config = Object.entries(object(object(parse(readFileSync(path, "utf8"))).config));
  const entries = config.map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value] as const);
  const isSecret = (value: unknown) => /"secure":/.test(JSON.stringify(value) ?? "");
  return {
    project,
    stack: { name, ...(words.length > 1 && words[0] ? { organization: words[0] } : {}) },
    values: Object.fromEntries(
      entries.filter(([, value]) => !isSecret(value)).map(([key, value]) => [key, text(value)]),
    ),
    secrets: entries.filter(([, value]) => isSecret(value)).map(([key]) => key),
  };
}

/**
 * Hands the configuration to @pulumi/pulumi as the engine would, by the variables that it reads when it is loaded: this comes before its
 * first import.
 *
 * Source: pulumi/pulumi, sdk/nodejs/runtime/settings.ts and config.ts.
 */
export function handOver({ project, stack, values, secrets }: StackFile, env: NodeJS.ProcessEnv = process.env): void {
  Object.assign(env, {
    PULUMI_NODEJS_PROJECT: project,
    PULUMI_NODEJS_STACK: stack.name,
    PULUMI_NODEJS_ORGANIZATION: stack.organization ?? "organization",
    PULUMI_NODEJS_DRY_RUN: "false",
    PULUMI_CONFIG: JSON.stringify(values),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secrets),
  });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
