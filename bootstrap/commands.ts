import * as pulumi from "@pulumi/pulumi";
import type { IdentityName } from "./environments.ts";
import type { Settings } from "./settings.ts";

/**
 * The resource providers that the subscription needs. azure-native has no resource for them, and an identity with rights on a group
 * alone may not register them.
 */
export const RESOURCE_PROVIDERS = [
  "Microsoft.Compute",
  "Microsoft.DBforPostgreSQL",
  "Microsoft.Insights",
  "Microsoft.KeyVault",
  "Microsoft.ManagedIdentity",
  "Microsoft.Network",
  "Microsoft.OperationalInsights",
  "Microsoft.Storage",
] as const;

/** A stack and where its state is, or will be. */
export interface StackLocation {
  /** With its organization and project. */
  stack: string;
  backendUrl: string;
  /** Encrypts the stack's secrets; undefined where Pulumi Cloud does it. */
  secretsProvider: string | undefined;
}

/** What the commands name of the resources. */
export interface Created {
  subscriptionId: string;
  backendUrl: pulumi.Output<string>;
  secretsProvider: pulumi.Output<string> | undefined;
  adminObjectId: pulumi.Output<string>;
  clientIds: Readonly<Record<IdentityName, pulumi.Output<string>>>;
}

/** The commands that are left to run, as outputs: each a script for a POSIX shell. */
export function nextCommands(settings: Settings, { subscriptionId, ...created }: Created) {
  const own = `organization/${pulumi.getProject()}/${pulumi.getStack()}`;
  const { resourceGroupName, adminGroupName: adminName, runnerNetworkId, azureDevOpsConnections } = settings;
  const isInAzure = settings.pulumiOrganization === undefined;
  const facts = pulumi.all([created.backendUrl, created.secretsProvider, created.adminObjectId, created.clientIds]);
  const script = (write: (location: StackLocation, adminObjectId: string, clientIds: ClientIds) => string) =>
    facts.apply(([backendUrl, secretsProvider, adminObjectId, clientIds]) =>
      write({ stack: settings.deliveredStack, backendUrl, secretsProvider }, adminObjectId, clientIds),
    );
  return {
    registerProviders: registerProviders(subscriptionId),
    moveState: isInAzure ? script((location) => moveState({ ...location, stack: own })) : undefined,
    createStack: script((location, adminObjectId) =>
      createStack(location, {
        "azure-native:subscriptionId": subscriptionId,
        resourceGroupName,
        adminObjectId,
        adminName,
        adminType: "Group",
        runnerNetworkId,
      }),
    ),
    azureDevOps:
      azureDevOpsConnections.length === 0
        ? undefined
        : script((location, _adminObjectId, clientIds) => azureDevOps(location, clientIds)),
  };
}

type ClientIds = Readonly<Record<IdentityName, string>>;

/** Registers {@link RESOURCE_PROVIDERS}; registering one again changes nothing. */
function registerProviders(subscriptionId: string): string {
  return RESOURCE_PROVIDERS.map(
    (namespace) => `az provider register --subscription ${subscriptionId} --namespace ${namespace} --wait`,
  ).join("\n");
}

/**
 * Moves a stack's state to another backend and its secrets to another key. The key changes after the import: `pulumi stack import` keeps
 * the key that the state was exported with, and `pulumi stack init --secrets-provider` would forget the key of the configuration's secrets.
 * The last command shows that the program sees no change. Run in the folder of the stack's project.
 */
export function moveState({ stack, backendUrl, secretsProvider }: StackLocation): string {
  return [
    `pulumi stack export --stack '${stack}' --file state.json`,
    `pulumi login '${backendUrl}'`,
    `pulumi stack init '${stack}'`,
    `pulumi stack import --stack '${stack}' --file state.json`,
    `pulumi stack change-secrets-provider --stack '${stack}' '${secretsProvider}'`,
    "rm state.json",
    `pulumi preview --stack '${stack}' --expect-no-changes`,
  ].join("\n");
}

/** Creates the delivered stack with what was created here. Run in the folder of its project. */
function createStack(
  { stack, backendUrl, secretsProvider }: StackLocation,
  config: Readonly<Record<string, string | undefined>>,
): string {
  const provider = secretsProvider === undefined ? "" : ` --secrets-provider '${secretsProvider}'`;
  return [
    `pulumi login '${backendUrl}'`,
    `pulumi stack init '${stack}'${provider}`,
    ...Object.entries(config).flatMap(([key, value]) =>
      value === undefined ? [] : [`pulumi config set --stack '${stack}' ${key} '${value}'`],
    ),
  ].join("\n");
}

/** Creates the variable group and the environments of Azure DevOps; their approvals and checks are set in its portal. */
function azureDevOps({ stack, backendUrl }: StackLocation, clientIds: ClientIds): string {
  const environment = (name: string) =>
    `echo '{"name":"entra-postgres-${name}"}' | az devops invoke --area distributedtask --resource environments ` +
    "--route-parameters project=<project> --http-method POST --api-version 7.1-preview --in-file /dev/stdin";
  return [
    ...Object.entries(clientIds).map(([name, id]) => `# service connection entra-postgres-${name}: client id ${id}`),
    environment("deploy"),
    environment("destroy"),
    "az pipelines variable-group create --name delivery " +
      `--variables 'PULUMI_STACK=${stack}' 'PULUMI_BACKEND_URL=${backendUrl}'`,
  ].join("\n");
}
