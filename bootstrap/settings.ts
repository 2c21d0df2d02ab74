import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Explanation, UserError } from "entra-postgres/errors";
import type * as z from "zod";
import { configProblems, type SCHEMA } from "./schema.ts";

/** The configuration, checked and with its defaults. */
export interface Settings extends z.infer<typeof SCHEMA> {
  resourceGroupName: string;
  adminGroupName: string;
  /** `<project>-<stack>` of the program that the pipelines deliver; begins the names of what is created. */
  namePrefix: string;
  /** The delivered stack with its organization and project, as `pulumi stack select` takes it. */
  deliveredStack: string;
}

/** What the settings depend on beside the program's own configuration. */
export interface ConfigContext {
  /** Project of the program that the pipelines deliver. */
  project: string;
  /** This stack, which has the name of the delivered one. */
  stack: string;
  /** `github:owner`, the owner that the GitHub provider works for. */
  githubOwner: string | undefined;
}

/** Reads the stack's configuration. @throws {pulumi.RunError} with all problems at once */
export function readSettings(): Settings {
  const namespace = `${pulumi.getProject()}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(namespace));
  return settingsFrom(Object.fromEntries(own.map(([key, value]) => [key.slice(namespace.length), value])), {
    project: deliveredProject(),
    stack: pulumi.getStack(),
    githubOwner: new pulumi.Config("github").get("owner"),
  });
}

/** Checks configuration values and completes them. @throws {pulumi.RunError} with all problems at once */
export function settingsFrom(config: Record<string, string>, context: ConfigContext): Settings {
  const namePrefix = `${context.project}-${context.stack}`;
  const { values, problems } = configProblems(
    { resourceGroupName: `rg-${namePrefix}`, adminGroupName: `${namePrefix}-db-admins`, ...config },
    context,
  );
  if (problems.length > 0) {
    throw runError({
      code: "EP-BOOT-01",
      step: `reading the configuration of stack ${context.stack}`,
      expected: "the keys and values of docs/bootstrap.md",
      found: problems.join("\n            "),
    });
  }
  const settings = values as z.infer<typeof SCHEMA>;
  const organization = settings.pulumiOrganization ?? "organization";
  return { ...settings, namePrefix, deliveredStack: `${organization}/${context.project}/${context.stack}` };
}

function deliveredProject(): string {
  const file = new URL("../Pulumi.yaml", import.meta.url);
  const name = /^name:\s*["']?([\w.-]+)/m.exec(readFileSync(file, "utf8"))?.[1];
  if (name !== undefined) return name;
  throw runError({
    code: "EP-BOOT-04",
    step: "reading the project's name",
    at: file.pathname,
    expected: "a line `name: <project>`",
    found: "none",
  });
}

/** Pulumi prints a RunError without a stack. */
function runError(explanation: Explanation): pulumi.RunError {
  return new pulumi.RunError(new UserError(explanation).message);
}
