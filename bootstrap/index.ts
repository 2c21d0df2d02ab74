import { getClientConfig } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { AdminGroup } from "./adminGroup.ts";
import { nextCommands } from "./commands.ts";
import { credentialsOf } from "./credentials.ts";
import type { IdentityName } from "./environments.ts";
import { githubEnvironments } from "./githubEnvironments.ts";
import { GithubVariables } from "./githubVariables.ts";
import { PipelineIdentity } from "./pipelineIdentity.ts";
import { RoleAssignments } from "./roleAssignments.ts";
import { SecretsKey } from "./secretsKey.ts";
import { readSettings } from "./settings.ts";
import { StateStorage } from "./stateStorage.ts";

const settings = readSettings();
const { location, namePrefix, githubRepository, pulumiOrganization, operatorObjectId } = settings;
const { subscriptionId, tenantId } = await getClientConfig();

// No identity has a right on the delivery's group, so none can change its own rights, the state account or the key.
const createGroup = (name: string, resourceGroupName: string) =>
  new ResourceGroup(name, { resourceGroupName, location }, { protect: true });
const stackGroup = createGroup("stack", settings.resourceGroupName);
const deliveryGroup = createGroup("delivery", `${settings.resourceGroupName}-delivery`);
const scope = { resourceGroupName: deliveryGroup.name, location };

const state = pulumiOrganization ? undefined : new StateStorage("state", { ...scope, sku: settings.stateSku });
const secrets = pulumiOrganization ? undefined : new SecretsKey("secrets", { ...scope, tenantId });

const environments = githubEnvironments(settings);
const createIdentity = (name: IdentityName) =>
  new PipelineIdentity(name, {
    ...scope,
    identityName: `id-${namePrefix}-${name}`,
    credentials: credentialsOf(name, settings, environments),
  });
const deploy = createIdentity("deploy");
const preview = createIdentity("preview");
const drift = createIdentity("drift");

// deploy logs in to the database to change its roles, drift to read them.
const admins = new AdminGroup("admins", {
  displayName: settings.adminGroupName,
  members: { deploy: deploy.principalId, drift: drift.principalId },
});
const service = ({ principalId }: PipelineIdentity) => ({ objectId: principalId, type: "ServicePrincipal" });
new RoleAssignments("roles", {
  subscriptionId,
  resourceGroupName: settings.resourceGroupName,
  scopes: { stack: stackGroup.id, state: state?.containerId, key: secrets?.keyId, runners: settings.runnerNetworkId },
  principals: {
    deploy: service(deploy),
    preview: service(preview),
    drift: service(drift),
    operator: operatorObjectId === undefined ? undefined : { objectId: operatorObjectId, type: settings.operatorType },
  },
});

/** Where the state of this stack and of the delivered one lies. */
export const backendUrl = state?.backendUrl ?? pulumi.output("https://api.pulumi.com");
/** What encrypts the stacks' secrets; Pulumi Cloud has its own. */
export const secretsProvider = secrets?.secretsProvider;
/** What each service connection of Azure DevOps, or a login by hand, needs to act as an identity. */
export const clientIds = { deploy: deploy.clientId, preview: preview.clientId, drift: drift.clientId };

if (githubRepository !== undefined) {
  new GithubVariables("variables", {
    repository: githubRepository.slice(githubRepository.indexOf("/") + 1),
    shared: {
      ARM_TENANT_ID: tenantId,
      ARM_SUBSCRIPTION_ID: subscriptionId,
      PULUMI_BACKEND_URL: backendUrl,
      PULUMI_ORGANIZATION: pulumiOrganization,
      PULUMI_STACK: settings.deliveredStack,
    },
    environments,
    clientIds,
  });
}

/** Scripts that are left to run: docs/bootstrap.md has their order. They hold names and ids, no secret. */
export const { registerProviders, moveState, createStack, azureDevOps } = nextCommands(settings, {
  subscriptionId,
  backendUrl,
  secretsProvider,
  adminObjectId: admins.objectId,
  clientIds,
});
