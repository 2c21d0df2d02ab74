import { ENVIRONMENTS, IDENTITIES, type Identity } from "./identity.ts";
import type { Settings } from "./settings.ts";
import { shellLine } from "./shellWords.ts";
import type { Facts } from "./step.ts";

/** The commands that tell GitHub and Pulumi of what was made. Names and ids only: there is no secret to set. */
export function nextLines(settings: Settings, facts: Facts): string[] {
  const { repository } = settings;
  return [
    ...(repository === undefined
      ? []
      : [
          "GitHub, once (ids and names, no secret):",
          ...indented(githubLines(settings, facts, repository)),
          "  In the repository's settings: more reviewers for deploy and destroy, and none may bypass them. drift asks nobody, and administers",
          "  the database: that main alone may use it is what keeps it.",
          "",
        ]),
    ...(settings.azureDevOps.length === 0
      ? []
      : [
          "Azure DevOps, once:",
          ...indented(azureDevOpsLines(settings)),
          ...IDENTITIES.map(
            (identity) =>
              `  client id of ${identity}, for the service connection entra-postgres-${identity}: ${clientId(facts, identity)}`,
          ),
          "",
        ]),
    "Pulumi, once, in this folder:",
    ...indented(pulumiLines(settings, facts)),
    `  Then commit Pulumi.${settings.stack}.yaml.`,
  ];
}

function indented(lines: readonly string[][]): string[] {
  return lines.map((words) => `  ${shellLine(words)}`);
}

function githubLines(settings: Settings, facts: Facts, repository: string): string[][] {
  const set = (name: string, value: string, ...where: string[]) => [
    ...["gh", "variable", "set", name, "--repo", repository, ...where, "--body", value],
  ];
  return [
    set("ARM_TENANT_ID", settings.tenantId),
    set("ARM_SUBSCRIPTION_ID", settings.subscriptionId),
    ...pulumiVariables(settings).map(([name, value]) => set(name, value)),
    ...ENVIRONMENTS.map(({ name, identity }) => set("ARM_CLIENT_ID", clientId(facts, identity), "--env", name)),
  ];
}

function azureDevOpsLines(settings: Settings): string[][] {
  const group = ["az", "pipelines", "variable-group", "create", "--name", "entra-postgres", "--variables"];
  return [[...group, ...pulumiVariables(settings).map(([name, value]) => `${name}=${value}`)]];
}

function pulumiVariables(settings: Settings): [name: string, value: string][] {
  const { organization } = settings;
  return [
    ["PULUMI_BACKEND_URL", backendUrl(settings)],
    ...(organization === undefined ? [] : [["PULUMI_ORGANIZATION", organization] as [string, string]]),
    ["PULUMI_STACK", stackName(settings)],
  ];
}

function pulumiLines(settings: Settings, facts: Facts): string[][] {
  const { organization, keyVault, key, adminGroup, resourceGroup, subscriptionId, runnerNetwork } = settings;
  const stack = stackName(settings);
  const set = (name: string, value: string) => ["pulumi", "config", "set", "--stack", stack, name, value];
  const vault = `azurekeyvault://${keyVault.toLowerCase()}.vault.azure.net/keys/${key}`;
  return [
    ["pulumi", "login", backendUrl(settings)],
    ["pulumi", "stack", "init", stack, ...(organization === undefined ? ["--secrets-provider", vault] : [])],
    set("azure-native:subscriptionId", subscriptionId),
    set("resourceGroupName", resourceGroup),
    set("adminObjectId", facts.adminGroupId ?? "<id of the admin group>"),
    set("adminName", adminGroup),
    set("adminType", "Group"),
    ...(runnerNetwork === undefined ? [] : [set("runnerNetworkId", runnerNetwork)]),
  ];
}

function clientId({ identities }: Facts, identity: Identity): string {
  return identities.get(identity)?.clientId ?? `<client id of ${identity}>`;
}

function backendUrl({ organization, stateContainer, stateAccount }: Settings): string {
  if (organization !== undefined) return "https://api.pulumi.com";
  return `azblob://${stateContainer}?storage_account=${stateAccount}`;
}

/** In a backend of one's own every stack's organization is `organization`. */
function stackName({ organization = "organization", project, stack }: Settings): string {
  return `${organization}/${project}/${stack}`;
}
