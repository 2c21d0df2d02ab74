import { parseArgs } from "node:util";
import { IDENTITIES, type Identity } from "./identity.ts";

/** A service connection of Azure DevOps that may act as an identity; issuer and subject are what the connection shows. */
export interface AzureDevOpsConnection {
  identity: Identity;
  issuer: string;
  subject: string;
}

/** The arguments as they were given; what is undefined gets its default once the subscription is known. */
export interface Arguments {
  apply: boolean;
  help: boolean;
  /** One value an option, checked. */
  values: Readonly<Partial<Record<OptionName, string>>>;
  azureDevOps: readonly AzureDevOpsConnection[];
}

interface Rule {
  pattern: RegExp;
  /** What is allowed, in words. */
  allowed: string;
  example: string;
  /** What it decides, with the default. */
  help: string;
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const GROUP = {
  pattern: /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,88}[A-Za-z0-9_-])?$/,
  allowed: "1 to 90 letters, digits, _, - and ., begun by no - or . and ended by no .",
};
const WORD = {
  pattern: /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/,
  allowed: "1 to 30 lower-case letters, digits and -, begun by a letter and ended by no -",
};
const words = (...allowed: string[]) => ({
  pattern: new RegExp(`^(${allowed.join("|")})$`),
  allowed: allowed.join(", "),
});

/**
 * The options that take one value.
 * Source of the names' rules: Microsoft Learn, "Naming rules and restrictions for Azure resources".
 */
export const OPTIONS = {
  repository: {
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
    allowed: "a GitHub repository as owner/name",
    example: "contoso/orders",
    help: "GitHub repository whose environments may act as the identities",
  },
  "subject-prefix": {
    pattern: /^repo:[A-Za-z0-9-]+(@\d+)?\/[A-Za-z0-9._-]+(@\d+)?$/,
    allowed: "repo:owner/name, or repo:owner@<owner id>/name@<repository id>",
    example: "repo:contoso@1234/orders@5678",
    help: "how GitHub's tokens name the repository (default: asked of `gh`)",
  },
  environments: {
    ...words("checked", "unchecked"),
    example: "unchecked",
    help: "checked: with --apply, `gh` is asked first whether no branch but main can use deploy, drift and destroy (default: checked)",
  },
  subscription: {
    pattern: GUID,
    allowed: "a subscription id, a GUID",
    example: "11111111-2222-3333-4444-555555555555",
    help: "Azure subscription (default: az's own)",
  },
  project: {
    ...WORD,
    example: "entra-postgres",
    help: "Pulumi project, part of the default names (default: of Pulumi.yaml)",
  },
  stack: { ...WORD, example: "prod", help: "Pulumi stack, part of the default names (default: dev)" },
  location: {
    pattern: /^[a-z][a-z0-9]{2,39}$/,
    allowed: "an Azure region, lower-case letters and digits",
    example: "westeurope",
    help: "region of everything (default: westeurope)",
  },
  "resource-group": { ...GROUP, example: "rg-orders-prod", help: "group of the stack (default: rg-<project>-<stack>)" },
  "delivery-group": {
    ...GROUP,
    example: "rg-orders-prod-delivery",
    help: "group of identities, state and key, which no identity may change (default: <resource-group>-delivery)",
  },
  "pulumi-organization": {
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$/,
    allowed: "the name of an organization in Pulumi Cloud",
    example: "contoso",
    help: "keep state and secrets in Pulumi Cloud, in this organization (default: in Azure, in an account and a vault made here)",
  },
  "state-account": {
    pattern: /^[a-z0-9]{3,24}$/,
    allowed: "3 to 24 lower-case letters and digits, unique in Azure",
    example: "stordersprod",
    help: "storage account of the state (default: st<project><stack><6 digits of a hash>)",
  },
  "state-container": {
    pattern: /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/,
    allowed: "3 to 63 lower-case letters, digits and single -, with no - at either end",
    example: "state",
    help: "container in it (default: state)",
  },
  "state-sku": {
    ...words("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"),
    example: "Standard_ZRS",
    help: "redundancy of the state (default: Standard_ZRS)",
  },
  "key-vault": {
    pattern: /^[A-Za-z](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){2,23}$/,
    allowed: "3 to 24 letters, digits and single -, begun by a letter and ended by no -, unique in Azure",
    example: "kv-orders-prod",
    help: "vault of the key (default: kv-<project>-<stack>-<6 digits of a hash>)",
  },
  key: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,126}$/,
    allowed: "1 to 127 letters, digits and -, begun by a letter or digit",
    example: "pulumi",
    help: "key that the stack's secrets are encrypted under (default: pulumi)",
  },
  "identity-prefix": {
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/,
    allowed: "1 to 100 letters, digits, _ and -, begun by a letter or digit",
    example: "id-orders-prod",
    help: "begin of the identities' names (default: id-<project>-<stack>)",
  },
  "admin-group": {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    allowed: "1 to 63 letters, digits, ., _ and -: the group's name is a database role's",
    example: "orders-prod-db-admins",
    help: "Entra group that administers the databases (default: <project>-<stack>-db-admins)",
  },
  operator: {
    ...words("me", "none"),
    example: "none",
    help: "me: whoever runs this may use state and key, to make the stack; none (default: me)",
  },
  "runner-network": {
    pattern:
      /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.Network\/virtualNetworks\/[\w.-]{2,64}$/i,
    allowed: "the ARM id of a virtual network",
    example:
      "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/runners/providers/Microsoft.Network/virtualNetworks/runners",
    help: "network of the machines that deploy, where the server is private: the program's runnerNetworkId (default: none)",
  },
} as const satisfies Record<string, Rule>;

/** Name of an option that takes one value. */
export type OptionName = keyof typeof OPTIONS;

const FLAGS = {
  apply: "make it; without this the plan is shown and nothing is changed",
  "dry-run": "show the plan (the default)",
  help: "show this",
} as const;
const AZURE_DEVOPS = {
  allowed: `<identity>,<issuer>,<subject>: one of ${IDENTITIES.join(", ")}, an https URL, and the subject as the service connection shows them`,
  example: "deploy,https://login.microsoftonline.com/<tenant id>/v2.0,/eid1/c/pub/t/…",
  help: "a service connection of Azure DevOps that may act as an identity; can be repeated (default: none)",
};

/** Reads the arguments. @returns all problems, each with the value, what is allowed and an example; none: they are good. */
export function readArguments(argv: readonly string[]): { given: Arguments; problems: string[] } {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowNegative: false,
    options: Object.fromEntries([
      ...[...Object.keys(OPTIONS), "azure-devops"].map((name) => [name, { type: "string" } as const] as const),
      ...Object.keys(FLAGS).map((name) => [name, { type: "boolean" } as const] as const),
    ]),
  });
  const problems: string[] = [];
  const values: Partial<Record<OptionName, string>> = {};
  const flags = new Set<string>();
  const azureDevOps: AzureDevOpsConnection[] = [];
  for (const token of tokens) {
    if (token.kind !== "option") {
      if (token.kind === "positional") problems.push(`${JSON.stringify(token.value)} is no option; all begin with --`);
    } else if (token.name === "azure-devops") {
      const connection = readConnection(token.value ?? "");
      if (connection) azureDevOps.push(connection);
      else problems.push(wrong(token.name, token.value, AZURE_DEVOPS));
    } else if (isOption(token.name)) {
      if (token.name in values) problems.push(`--${token.name} is given twice`);
      values[token.name] = token.value ?? "";
      if (!OPTIONS[token.name].pattern.test(token.value ?? "")) {
        problems.push(wrong(token.name, token.value, OPTIONS[token.name]));
      }
    } else if (Object.hasOwn(FLAGS, token.name)) {
      if (token.value !== undefined) problems.push(`--${token.name} takes no value`);
      flags.add(token.name);
    } else {
      problems.push(`${token.rawName} is not known; --help lists the options`);
    }
  }
  if (flags.has("apply") && flags.has("dry-run")) problems.push("--apply and --dry-run exclude each other");
  if (values.repository === undefined && azureDevOps.length === 0) {
    problems.push(
      `--repository is missing, or --azure-devops\n    allowed: ${OPTIONS.repository.allowed}\n    example: --repository ${OPTIONS.repository.example}`,
    );
  }
  problems.push(...prefixProblems(values));
  return { given: { apply: flags.has("apply"), help: flags.has("help"), values, azureDevOps }, problems };
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function wrong(
  name: string,
  value: string | undefined,
  { allowed, example }: Pick<Rule, "allowed" | "example">,
): string {
  const is = value === undefined || value === "" ? "has no value" : `is ${JSON.stringify(value)}`;
  return `--${name} ${is}\n    allowed: ${allowed}\n    example: --${name} ${example}`;
}

/** A prefix of another repository would let that one in. */
function prefixProblems(values: Arguments["values"]): string[] {
  const { repository, "subject-prefix": prefix } = values;
  if (prefix === undefined) return [];
  if (repository === undefined) return ["--subject-prefix needs --repository"];
  return repositoryOf(prefix).toLowerCase() === repository.toLowerCase()
    ? []
    : [`--subject-prefix ${JSON.stringify(prefix)} is not of --repository ${JSON.stringify(repository)}`];
}

/** The owner and name in a prefix, without `repo:` and ids. */
export function repositoryOf(prefix: string): string {
  return prefix.replace(/^repo:/, "").replaceAll(/@\d+(?=\/|$)/g, "");
}

function readConnection(value: string): AzureDevOpsConnection | undefined {
  const parts = /^(\w+),(https:\/\/[\w./:-]+),((?:sc:\/\/|\/)[^\p{Cc},]+)$/u.exec(value);
  const identity = IDENTITIES.find((name) => name === parts?.[1]);
  return identity && parts?.[2] && parts[3] ? { identity, issuer: parts[2], subject: parts[3] } : undefined;
}

/** What `--help` prints. */
export function help(): string {
  const line = (name: string, text: string) => `  --${name.padEnd(20)} ${text}`;
  return [
    "Makes once, with your az login, what the pipelines need: see docs/bootstrap.md.",
    "",
    "  node tools/bootstrap/main.ts --repository owner/name [options]   shows the plan",
    "  node tools/bootstrap/main.ts --repository owner/name [options] --apply",
    "",
    ...Object.entries(OPTIONS).map(([name, rule]) => line(name, rule.help)),
    line("azure-devops", AZURE_DEVOPS.help),
    ...Object.entries(FLAGS).map(([name, text]) => line(name, text)),
  ].join("\n");
}
