import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Platform } from "./explain.ts";

/** The jobs that need an identity; each but `destroy`, which acts as `deploy`, has one of its own. */
export const JOBS = ["preview", "deploy", "drift", "destroy"] as const;
export type Job = (typeof JOBS)[number];

/** A variable that a job needs. None of them is a secret. */
export interface Requirement {
  /** Name of the repository's, environment's or variable group's variable. */
  name: string;
  /** Name under which the job has it, where it is another. */
  env?: string;
  /** What it is for. */
  purpose: string;
  /** A value for the command that sets it. */
  example: string;
  /** Whether each environment has its own. */
  perEnvironment: boolean;
  /** Where an Azure DevOps job has it from the service connection. */
  fromConnection?: boolean;
  form: RegExp;
  /** The form in words. */
  expected: string;
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const id = { form: GUID, expected: "a GUID", fromConnection: true } as const;

/** What every job needs, beside a backend. */
export const REQUIREMENTS: readonly Requirement[] = [
  {
    name: "AZURE_CLIENT_ID",
    env: "ARM_CLIENT_ID",
    purpose: "client id of the identity that the job acts as",
    example: "<client id>",
    perEnvironment: true,
    ...id,
  },
  {
    name: "AZURE_TENANT_ID",
    env: "ARM_TENANT_ID",
    purpose: "tenant of the identities",
    example: "<tenant id>",
    perEnvironment: false,
    ...id,
  },
  {
    name: "AZURE_SUBSCRIPTION_ID",
    env: "ARM_SUBSCRIPTION_ID",
    purpose: "subscription of the stack",
    example: "<subscription id>",
    perEnvironment: false,
    ...id,
  },
  {
    name: "PULUMI_STACK",
    purpose: "the stack that is delivered",
    example: "organization/entra-postgres/dev",
    perEnvironment: false,
    form: /^(?:[\w.-]+\/){0,2}[\w.-]+$/,
    expected: "a stack's name, such as dev or organization/entra-postgres/dev",
  },
];

/** The two ways to keep state, of which one is chosen by the variable that is set. */
const BACKEND: Requirement = {
  name: "PULUMI_BACKEND_URL",
  purpose: "where the state is kept",
  example: "azblob://<container>?storage_account=<account>",
  perEnvironment: false,
  form: /^azblob:\/\/[a-z0-9-]+\?storage_account=[a-z0-9]{3,24}$/,
  expected: "azblob://<container>?storage_account=<account>",
};
const ORGANIZATION: Requirement = {
  name: "PULUMI_ORGANIZATION",
  purpose: "the organization in Pulumi Cloud",
  example: "<organization>",
  perEnvironment: false,
  form: /^[\w.-]+$/,
  expected: "an organization's name",
};

/** Something that is not as the job needs it. */
export interface Lack {
  problem: string;
  next: string;
}

/** What {@link lacks} looks at. */
export interface JobFacts {
  job: Job;
  platform: Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** Reads a stack's configuration file by its name, undefined where there is none. */
  stackFile: (name: string) => string | undefined;
}

/** @returns everything that the job lacks, at once; empty when it can go on. */
export function lacks(facts: JobFacts): Lack[] {
  const { env, platform } = facts;
  const required = REQUIREMENTS.filter(({ fromConnection }) => !fromConnection || platform !== "azure-devops");
  const found = required.flatMap((requirement) => variableLack(facts, requirement) ?? []);
  const stack = value(env, REQUIREMENTS.find(({ name }) => name === "PULUMI_STACK") as Requirement);
  return [
    ...found,
    ...backendLacks(facts),
    ...(stack === "" ? [] : stackFileLacks(facts, stack)),
    ...(platform === "github" && !env.ACTIONS_ID_TOKEN_REQUEST_URL
      ? [
          {
            problem: "The job cannot ask GitHub for an assertion: it has no ACTIONS_ID_TOKEN_REQUEST_URL.",
            next: "give the job `permissions: id-token: write`; a run for a fork's pull request never has it",
          },
        ]
      : []),
  ];
}

function variableLack(facts: JobFacts, requirement: Requirement): Lack | undefined {
  const { name, purpose, form, expected } = requirement;
  const found = value(facts.env, requirement);
  if (found === "") return { problem: `${name} is not set: ${purpose}.`, next: setIt(facts, requirement) };
  if (!form.test(found)) {
    return { problem: `${name} is not ${expected}: ${purpose}.`, next: setIt(facts, requirement) };
  }
  return undefined;
}

function backendLacks(facts: JobFacts): Lack[] {
  const [url, organization] = [value(facts.env, BACKEND), value(facts.env, ORGANIZATION)];
  if (url !== "" && organization !== "") {
    return [
      {
        problem: "PULUMI_BACKEND_URL and PULUMI_ORGANIZATION are both set: the state can be in one place only.",
        next: `${unset(facts, "PULUMI_ORGANIZATION")} to keep it in Azure, or ${unset(facts, "PULUMI_BACKEND_URL")} for Pulumi Cloud`,
      },
    ];
  }
  if (url === "" && organization === "") {
    return [
      {
        problem: "Neither PULUMI_BACKEND_URL nor PULUMI_ORGANIZATION is set: where the state is kept.",
        next: `${setIt(facts, BACKEND)}, or for Pulumi Cloud ${setIt(facts, ORGANIZATION)}`,
      },
    ];
  }
  const lack = variableLack(facts, url === "" ? ORGANIZATION : BACKEND);
  return lack ? [lack] : [];
}

/** What would only show as three pipelines fighting over the server's administrator, or as a question for a passphrase. */
function stackFileLacks({ env, stackFile }: JobFacts, stack: string): Lack[] {
  const name = `Pulumi.${stack.split("/").at(-1)}.yaml`;
  const text = stackFile(name);
  if (text === undefined) {
    return [
      {
        problem: `There is no ${name} for the stack ${stack}.`,
        next: `commit ${name}, which \`pulumi stack init\` begins`,
      },
    ];
  }
  const file = (parse(text) ?? {}) as { config?: Record<string, unknown>; secretsprovider?: string };
  const missing = ["adminObjectId", "adminName", "adminType"].filter((key) => !file.config?.[`entra-postgres:${key}`]);
  const found: Lack[] = [];
  if (missing.length > 0) {
    found.push({
      problem: `${name} sets no ${missing.join(", ")}: each of the identities would make itself the server's administrator.`,
      next: `name the group of administrators that deploy and drift are members of, with \`pulumi config set <key> <value> --stack ${stack}\`, and commit ${name}`,
    });
  }
  if (value(env, BACKEND) !== "" && !/^azurekeyvault:\/\//.test(file.secretsprovider ?? "")) {
    found.push({
      problem: `${name} names no key vault: the stack's secrets would need a passphrase, which a job has no safe place for.`,
      next: `\`pulumi stack change-secrets-provider --stack ${stack} azurekeyvault://<vault>.vault.azure.net/keys/<key>\`, and commit ${name}`,
    });
  }
  return found;
}

/** The value as the job has it. Azure DevOps leaves `$(NAME)` as it is where there is no such variable. */
function value(env: JobFacts["env"], { name, env: other }: Requirement): string {
  const found = (env[other ?? name] ?? "").trim();
  return /^\$\([\w.]+\)$/.test(found) ? "" : found;
}

function setIt({ job, platform }: JobFacts, { name, example, perEnvironment }: Requirement): string {
  if (platform === "azure-devops") {
    return `\`az pipelines variable-group variable create --group-id <id of entra-postgres> --name ${name} --value "${example}"\``;
  }
  return `\`gh variable set ${name}${perEnvironment ? ` --env ${job}` : ""} --body "${example}"\``;
}

function unset({ platform }: JobFacts, name: string): string {
  return platform === "azure-devops"
    ? `\`az pipelines variable-group variable delete --group-id <id of entra-postgres> --name ${name}\``
    : `\`gh variable delete ${name}\``;
}

/** Reads a stack's file from the project's folder. */
export function readStackFile(name: string, project = new URL("../../", import.meta.url).pathname): string | undefined {
  try {
    return readFileSync(join(project, name), "utf8");
  } catch {
    return undefined;
  }
}

/** Where this process runs. */
export function platformOf(env: Readonly<Record<string, string | undefined>>): Platform {
  if (env.GITHUB_ACTIONS === "true") return "github";
  return env.TF_BUILD === "True" ? "azure-devops" : "local";
}
