import { delimiter, join } from "node:path";

/** What the environment for commands is made from. */
export interface EnvironmentFacts {
  /** The sandbox's state folder. */
  dir: string;
  /** Folder of the Pulumi CLI, or undefined when commands have to find their own. */
  pulumiFolder?: string;
  /** Providers that are already running: name to port. */
  providers: Readonly<Record<string, number>>;
  /** The deployer's token endpoint in the form most SDKs know, and in the App Service form that the Go SDK knows. */
  imdsUrl: string;
  appServiceUrl: string;
  appServiceHeader: string;
  /** Where to ask whether a resource exists. */
  resourceManagerUrl?: string;
  clientId: string;
  tenantId: string;
  subscriptionId: string;
}

/** The passphrase of the sandbox's stacks. It protects nothing: what the sandbox holds is worth nothing outside it. */
export const PASSPHRASE = "sandbox";

/** Names whose values are not shown. */
const HIDDEN = new Set(["IDENTITY_HEADER", "PULUMI_CONFIG_PASSPHRASE"]);

/**
 * The variables that make a command, a Pulumi program or an Azure SDK talk to the sandbox in place of Azure.
 * @param inherited the caller's environment, of which PATH and NO_PROXY are kept
 */
export function sandboxEnvironment(
  facts: EnvironmentFacts,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const modules = new URL("../node_modules/.bin", import.meta.url).pathname;
  const path = [modules, facts.pulumiFolder, inherited.PATH].filter((part) => part !== undefined && part !== "");
  const noProxy = [inherited.NO_PROXY ?? inherited.no_proxy ?? "", "127.0.0.1,localhost,::1"]
    .filter((part) => part !== "")
    .join(",");
  return {
    PATH: path.join(delimiter),
    PULUMI_BACKEND_URL: `file://${join(facts.dir, "pulumi")}`,
    // Its own home, so that the user's login, selected stack and logs are left alone; the plugins are shared (see plugins.ts).
    PULUMI_HOME: join(facts.dir, "pulumi-home"),
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    PULUMI_DEBUG_PROVIDERS: Object.entries(facts.providers)
      .map(([name, port]) => `${name}:${port}`)
      .join(","),
    AZURE_POD_IDENTITY_AUTHORITY_HOST: facts.imdsUrl,
    IDENTITY_ENDPOINT: facts.appServiceUrl,
    IDENTITY_HEADER: facts.appServiceHeader,
    AZURE_CLIENT_ID: facts.clientId,
    AZURE_TENANT_ID: facts.tenantId,
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    ...(facts.resourceManagerUrl ? { ARM_ENDPOINT: facts.resourceManagerUrl } : {}),
    ARM_SUBSCRIPTION_ID: facts.subscriptionId,
    ARM_TENANT_ID: facts.tenantId,
    ARM_CLIENT_ID: facts.clientId,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
  };
}

/** The environment as text, one variable a line, secrets left out. */
export function shownEnvironment(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${HIDDEN.has(name) ? "(hidden)" : value}`)
    .join("\n");
}

/**
 * Settings of the caller's environment that would lead a command past the sandbox to the real Azure or to the user's own Pulumi
 * backend. Commands do not inherit them.
 */
const NOT_INHERITED = /^(ARM_|AZURE_|PULUMI_(ACCESS_TOKEN|CONFIG_PASSPHRASE_FILE|STACK|CONFIG)$)/;

/** The environment of a command: the caller's, without what leads past the sandbox, with the sandbox's. */
export function commandEnvironment(environment: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  return { ...Object.fromEntries(inherited), ...environment };
}
