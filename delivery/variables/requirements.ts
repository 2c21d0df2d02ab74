import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Platform, Problem } from "../problem.ts";

/** The jobs that need an identity; each but `destroy`, which acts as `deploy`, has one of its own. */
export const JOBS = ["preview", "deploy", "drift", "destroy"] as const;
/** The jobs whose identity and environment are made by hand: docs/delivery.md. */
export const JOBS_BY_HAND = ["probe"] as const;
export type Job = (typeof JOBS)[number] | (typeof JOBS_BY_HAND)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that a job reads. None of them is a secret. */
export interface Requirement {
  /** Name of the variable, in the repository, its environment or the variable group, and in the job. */
  name: string;
  purpose: string;
  /** A value for the command that sets it. */
  example: string;
  /** Whether each environment has its own. */
  perEnvironment?: boolean;
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
    purpose: "client id of the job's identity",
    example: "<client id>",
    perEnvironment: true,
    ...id,
  },
  { name: "ARM_TENANT_ID", purpose: "tenant of the identities", example: "<tenant id>", ...id },
  { name: "ARM_SUBSCRIPTION_ID", purpose: "subscription of the stack", example: "<subscription id>", ...id },
  {
    name: "PULUMI_STACK",
    purpose: "the stack that is delivered",
    example: "organization/<project>/dev",
    form: /^(?:[\w.-]+\/){0,2}[\w.-]+$/,
    expected: "a stack's name, such as dev or organization/<project>/dev",
  },
  {
    name: "PULUMI_BACKEND_URL",
    purpose: "where the state is kept",
    example: "azblob://<container>?storage_account=<account>",
    form: /^(azblob:\/\/[a-z0-9-]+\?storage_account=[a-z0-9]{3,24}|https:\/\/[\w.-]+(:\d+)?\/?)$/,
    expected: "azblob://<container>?storage_account=<account> or https://api.pulumi.com",
  },
];

/** What a job needs in addition when Pulumi Cloud keeps the state. */
export const CLOUD: Requirement = {
  name: "PULUMI_ORGANIZATION",
  purpose: "the organization in Pulumi Cloud",
  example: "<organization>",
  form: /^[\w.-]+$/,
  expected: "an organization's name",
};

/** How a job may ask Pulumi Cloud for its token. The second is for a personal token: `user:<name>`. */
export const OPTIONAL: readonly Pick<Requirement, "name" | "form" | "expected">[] = [
  {
    name: "PULUMI_TOKEN_TYPE",
    form: /^urn:pulumi:token-type:access_token:(organization|team|personal)$/,
    expected: "urn:pulumi:token-type:access_token:organization, :team or :personal",
  },
  { name: "PULUMI_TOKEN_SCOPE", form: /^(user|team):[\w.-]+$/, expected: "user:<name> or team:<name>" },
];

/** What {@link lacks} looks at. */
export interface JobFacts {
  job: Job;
  platform: Platform;
  env: Environment;
  /** Reads a stack's configuration file by its name; undefined where there is none. */
  stackFile: (name: string) => string | undefined;
}

/** @returns everything that the job lacks, at once; empty when it can go on. */
export function lacks(facts: JobFacts): Problem[] {
  const { env, platform } = facts;
  const stack = setting(env, "PULUMI_STACK");
  const inCloud = setting(env, "PULUMI_BACKEND_URL").startsWith("https://");
  const needsOrganization = inCloud && platform === "github";
  const required = [...REQUIREMENTS, ...(needsOrganization ? [CLOUD] : [])].filter(
    ({ fromConnection }) => !fromConnection || platform !== "azure-devops",
  );
  const problems: Problem[] = required.flatMap((requirement) => variableProblem(facts, requirement) ?? []);
  for (const { name, form, expected } of [...OPTIONAL, ...(needsOrganization ? [] : [CLOUD])]) {
    const found = setting(env, name);
    if (found !== "" && !form.test(found)) {
      problems.push({
        code: "EP-DELIVERY-01",
        problem: `${name} is not ${expected}.`,
        next: `correct or delete ${name}`,
      });
    }
  }
  if (stack !== "") problems.push(...stackFileProblems(facts, stack));
  if (inCloud && platform === "azure-devops" && setting(env, "PULUMI_ACCESS_TOKEN") === "") {
    problems.push({
      code: "EP-DELIVERY-01",
      problem: "PULUMI_ACCESS_TOKEN is not set: Pulumi Cloud takes no OIDC token of an Azure service connection.",
      next: "keep the state in Azure (PULUMI_BACKEND_URL=azblob://...), which needs no stored secret; or map a secret variable",
    });
  }
  if (platform === "github" && !env.ACTIONS_ID_TOKEN_REQUEST_URL) problems.push({ code: "EP-AZ-04" });
  return problems;
}

function variableProblem({ job, platform, env }: Omit<JobFacts, "stackFile">, one: Requirement): Problem | undefined {
  const found = setting(env, one.name);
  if (found !== "" && one.form.test(found)) return undefined;
  const set =
    platform === "azure-devops"
      ? `az pipelines variable-group variable create --group-id <group id> --name ${one.name} --value`
      : `gh variable set ${one.name}${one.perEnvironment ? ` --env ${job}` : ""} --body`;
  return {
    code: "EP-DELIVERY-01",
    problem: `${one.name} is ${found === "" ? "not set" : `not ${one.expected}`}: ${one.purpose}.`,
    next: `\`${set} "${one.example}"\``,
  };
}

/** The problem of a command that got a malformed or empty PULUMI_STACK; undefined with a good one, or without the option. */
export function stackProblem(stack: string | undefined, platform: Platform): Problem | undefined {
  const requirement = REQUIREMENTS.find(({ name }) => name === "PULUMI_STACK");
  if (stack === undefined || requirement === undefined) return undefined;
  return variableProblem({ job: "preview", platform, env: { PULUMI_STACK: stack } }, requirement);
}

/** Found later, these would show as three identities that replace each other as administrator, or as a question for a passphrase. */
function stackFileProblems({ env, stackFile }: JobFacts, stack: string): Problem[] {
  const code = "EP-DELIVERY-02";
  const name = `Pulumi.${stack.split("/").at(-1)}.yaml`;
  const text = stackFile(name);
  if (text === undefined) {
    return [
      {
        code,
        problem: `${name} of the stack ${stack} is missing.`,
        next: `commit it; \`pulumi stack init\` begins it`,
      },
    ];
  }
  const file = (parse(text) ?? {}) as { config?: Record<string, unknown>; secretsprovider?: string };
  // With or without the project's namespace, as the CLI writes them.
  const set = new Set(Object.keys(file.config ?? {}).map((key) => key.split(":").at(-1)));
  const missing = ["adminObjectId", "adminName", "adminType"].filter((key) => !set.has(key));
  const problems: Problem[] = [];
  if (missing.length > 0) {
    problems.push({
      code,
      problem: `${name} does not set ${missing.join(", ")}: each identity would make itself the server's administrator.`,
      next: `set the group of deploy and drift with \`pulumi config set <key> <value> --stack ${stack}\`, and commit ${name}`,
    });
  }
  const isInAzure = setting(env, "PULUMI_BACKEND_URL").startsWith("azblob://");
  if (isInAzure && !file.secretsprovider?.startsWith("azurekeyvault://")) problems.push({ code: "EP-DELIVERY-08" });
  return problems;
}

/** A variable's value. Azure DevOps leaves `$(NAME)` in place of a variable that does not exist. */
export function setting(env: Environment, name: string): string {
  const found = (env[name] ?? "").trim();
  return /^\$\([\w.]+\)$/.test(found) ? "" : found;
}

/** Reads a stack's file from the project's folder. */
export function readStackFile(name: string): string | undefined {
  try {
    return readFileSync(join(import.meta.dirname, "../..", name), "utf8");
  } catch {
    return undefined;
  }
}
