import { delimiter, join } from "node:path";

/** The sandbox's facts for the environment of commands. */
export interface EnvironmentFacts {
  /** The sandbox's state folder. */
  dir: string;
  /** Folder of the Pulumi CLI. @default the one on PATH */
  pulumiFolder?: string | undefined;
  /** Providers that are already running: name to port. */
  providers: Readonly<Record<string, number>>;
  /** The deployer's token endpoint, in the form of virtual machines and in App Service's form, which the Go SDK needs. */
  imdsUrl: string;
  appServiceUrl: string;
  appServiceHeader: string;
  /** The emulator of Azure Resource Manager. */
  resourceManagerUrl?: string;
  /** The emulator of Microsoft Graph. */
  graphUrl?: string;
  clientId: string;
  tenantId: string;
  subscriptionId: string;
}

/** The passphrase of the sandbox's stacks. It needs no protection: the sandbox's secrets are useless elsewhere. */
export const PASSPHRASE = "sandbox";

/** Variables whose values are not printed. */
const HIDDEN = new Set(["IDENTITY_HEADER", "PULUMI_CONFIG_PASSPHRASE"]);

/**
 * The variables by which a command, a Pulumi program or an Azure SDK uses the sandbox instead of Azure.
 * @param inherited the caller's environment: its PATH and NO_PROXY stay
 */
export function sandboxEnvironment(
  facts: EnvironmentFacts,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const modules = new URL("../node_modules/.bin", import.meta.url).pathname;
  const noProxy = [inherited.NO_PROXY ?? inherited.no_proxy, "127.0.0.1,localhost,::1"].filter(Boolean).join(",");
  return {
    PATH: [modules, facts.pulumiFolder, inherited.PATH].filter(Boolean).join(delimiter),
    PULUMI_BACKEND_URL: `file://${join(facts.dir, "pulumi")}`,
    // A home of its own protects the user's login, selected stack and logs; the plugins are shared (see plugins.ts).
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
    ...(facts.graphUrl ? { MSGRAPH_ENDPOINT: facts.graphUrl } : {}),
    ARM_SUBSCRIPTION_ID: facts.subscriptionId,
    ARM_TENANT_ID: facts.tenantId,
    ARM_CLIENT_ID: facts.clientId,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
  };
}

/** The environment as text: one variable a line, without secrets. */
export function shownEnvironment(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${HIDDEN.has(name) ? "(hidden)" : value}`)
    .join("\n");
}

/**
 * Variables by which a command would use the real Azure or the user's own Pulumi backend, or take itself for a deployment's CI job. Commands do not
 * inherit them.
 */
const NOT_INHERITED =
  /^((GITHUB_ACTIONS|TF_BUILD|GITLAB_CI|JENKINS_URL|CIRCLECI|BUILDKITE|BITBUCKET_BUILD_NUMBER)$|(TEAMCITY_VERSION|DRONE|CODEBUILD_BUILD_ID)$|ARM_|AZURE_|MSGRAPH_|PULUMI_(ACCESS_TOKEN|CONFIG_PASSPHRASE_FILE|STACK|CONFIG)$)/;

/** The environment of a command: the caller's, except {@link NOT_INHERITED}, and the sandbox's. */
export function commandEnvironment(environment: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  return { ...Object.fromEntries(inherited), ...environment };
}
