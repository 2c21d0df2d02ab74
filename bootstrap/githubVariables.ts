import { ActionsEnvironmentVariable } from "@pulumi/github/actionsEnvironmentVariable.js";
import { ActionsVariable } from "@pulumi/github/actionsVariable.js";
import * as pulumi from "@pulumi/pulumi";
import { ENVIRONMENTS, type IdentityName } from "./environments.ts";
import type { GithubEnvironment } from "./githubEnvironment.ts";

export interface GithubVariablesArgs {
  /** Name of the repository, without its owner. */
  repository: string;
  /** Values for every job, by the variable's name; a variable without a value is left out. */
  shared: Readonly<Record<string, pulumi.Input<string> | undefined>>;
  environments: ReadonlyMap<string, GithubEnvironment>;
  /** What a job logs in with, by the identity that its environment acts as. */
  clientIds: Readonly<Record<IdentityName, pulumi.Input<string>>>;
}

/** The variables that the workflows' jobs need; delivery checks them before each job. None is a secret. */
export class GithubVariables extends pulumi.ComponentResource {
  constructor(name: string, args: GithubVariablesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:bootstrap:GithubVariables", name, {}, opts);
    const { repository, shared, environments, clientIds } = args;

    for (const [variableName, value] of Object.entries(shared)) {
      if (value === undefined) continue;
      new ActionsVariable(`${name}-${variableName}`, { repository, variableName, value }, { parent: this });
    }
    for (const { name: environment, identity } of ENVIRONMENTS) {
      new ActionsEnvironmentVariable(
        `${name}-${environment}`,
        { repository, environment, variableName: "ARM_CLIENT_ID", value: clientIds[identity] },
        { parent: this, dependsOn: environments.get(environment) ?? [] },
      );
    }
    this.registerOutputs({});
  }
}
