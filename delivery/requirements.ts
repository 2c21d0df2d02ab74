import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Platform } from "./explain.ts";

/** The jobs that need an identity; each but `destroy`, which acts as `deploy`, has one of its own. */
export const JOBS = ["preview", "deploy", "drift", "destroy"] as const;
export type Job = (typeof JOBS)[number];

/** A variable that a job needs. None of them is a secret. */
export interface Requirement {
  /** Name of the variable, in the repository, its environment or the variable group, and in the job. */
  name: string;
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

/** What every job needs. Pulumi Cloud needs {@link CLOUD} too. */
export const REQUIREMENTS: readonly Requirement[] = [
  {
    name: "ARM_CLIENT_ID",
    purpose: "client id of the identity that the job acts as",
    example: "<client id>",
    perEnvironment: true,
    ...id,
  },
  {
    name: "ARM_TENANT_ID",
    purpose: "tenant of the identities",
    example: "<tenant id>",
    perEnvironment: false,
    ...id,
  },
  {
    name: "ARM_SUBSCRIPTION_ID",
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
  {
    name: "PULUMI_BACKEND_URL",
    purpose: "where the state is kept",
    example: "azblob://<container>?storage_account=<account>",
    perEnvironment: false,
    form: /^(azblob:\/\/[a-z0-9-]+\?storage_account=[a-z0-9]{3,24}|https:\/\/[\w.-]+(:\d+)?\/?)$/,
    expected: "azblob://<container>?storage_account=<account>, nor https://api.pulumi.com for Pulumi Cloud",
  },
];

/** What a job needs beside that where Pulumi Cloud keeps the state. */
export const CLOUD: Requirement = {
  name: "PULUMI_ORGANIZATION",
  purpose: "the organization in Pulumi Cloud",
  example: "<organization>",
  perEnvironment: false,
  form: /^[\w.-]+$/,
  expected: "an organization's name",
};

/** What a job may have beside what it needs: how it asks Pulumi Cloud for its token. The second is for a personal token: `user:<name>`. */
export const OPTIONAL: readonly Pick<Requirement, "name" | "form" | "expected">[] = [
  {
    name: "PULUMI_TOKEN_TYPE",
    form: /^urn:pulumi:token-type:access_token:(organization|team|personal)$/,
    expected: "urn:pulumi:token-type:access_token:organization, :team or :personal",
  },
  { name: "PULUMI_TOKEN_SCOPE", form: /^(user|team):[\w.-]+$/, expected: "user:<name> or team:<name>" },
];

/** The state is in Azure where PULUMI_BACKEND_URL begins so, and else in Pulumi Cloud. */
const IN_AZURE = "azblob://";

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
  const stack = setting(env, "PULUMI_STACK");
  const inCloud = setting(env, "PULUMI_BACKEND_URL").startsWith("https://");
  const needsOrganization = inCloud && platform === "github";
  const required = [...REQUIREMENTS, ...(needsOrganization ? [CLOUD] : [])].filter(
    ({ fromConnection }) => !fromConnection || platform !== "azure-devops",
  );
  const optional = [...OPTIONAL, ...(needsOrganization ? [] : [CLOUD])];
  return [
    ...required.flatMap((requirement) => variableLack(facts, requirement) ?? []),
    ...optional.flatMap(({ name, form, expected }) => {
      const found = setting(env, name);
      return found === "" || form.test(found)
        ? []
        : [{ problem: `${name} is not ${expected}.`, next: `correct it, or ${unset(facts, name)}` }];
    }),
    ...(stack === "" ? [] : stackFileLacks(facts, stack)),
    ...(inCloud && platform === "azure-devops" && setting(env, "PULUMI_ACCESS_TOKEN") === ""
      ? [
          {
            problem: "PULUMI_ACCESS_TOKEN is not set: Pulumi Cloud takes no assertion of an Azure service connection.",
            next: "keep the state in Azure (PULUMI_BACKEND_URL=azblob://...), which needs no stored secret; or map a secret variable",
          },
        ]
      : []),
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
  const found = setting(facts.env, name);
  if (found !== "" && form.test(found)) return undefined;
  return {
    problem: `${name} is ${found === "" ? "not set" : `not ${expected}`}: ${purpose}.`,
    next: setIt(facts, requirement),
  };
}

/** What a command lacks that was given the value of PULUMI_STACK; nothing where it got a stack, or was called without any. */
export function stackLack(stack: string | undefined, platform: Platform): Lack | undefined {
  const requirement = REQUIREMENTS.find(({ name }) => name === "PULUMI_STACK");
  if (stack === undefined || requirement === undefined) return undefined;
  const facts: JobFacts = { job: "preview", platform, env: { PULUMI_STACK: stack }, stackFile: () => undefined };
  return variableLack(facts, requirement);
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
  if (
    setting(env, "PULUMI_BACKEND_URL").startsWith(IN_AZURE) &&
    !/^azurekeyvault:\/\//.test(file.secretsprovider ?? "")
  ) {
    found.push({
      problem: `${name} names no key vault: the stack's secrets would need a passphrase, which a job has no safe place for.`,
      next: `\`pulumi stack change-secrets-provider --stack ${stack} azurekeyvault://<vault>.vault.azure.net/keys/<key>\`, and commit ${name}`,
    });
  }
  return found;
}

/** The value as the job has it. Azure DevOps leaves `$(NAME)` as it is where there is no such variable. */
export function setting(env: JobFacts["env"], name: string): string {
  const found = (env[name] ?? "").trim();
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
export function readStackFile(name: string, project = new URL("../", import.meta.url).pathname): string | undefined {
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
