import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { FederatedIdentityCredential } from "@pulumi/azure-native/managedidentity/federatedIdentityCredential.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { deployer, EntraPrincipal, ExistingServer, SchemaAccess } from "entra-postgres";

const config = new pulumi.Config();
const location = config.get("location") ?? "swedencentral";
const namespace = config.get("namespace") ?? "shop";
const { tenantId } = getClientConfigOutput();
const scope = { resourceGroupName: new ResourceGroup("shop", { location }).name, location };

const server = new ExistingServer("shop", {
  ...{ serverId: config.require("serverId"), tenantId, administrators: [await deployer()] },
  databases: [{ name: "shop" }],
});
const { host, port, adminUser, administrators } = server;
const login = { host, port, adminUser, administrators, serverId: server.serverId };

// A pod with the service account exchanges its own token for one of the identity. No secret is stored in the cluster.
const identity = new UserAssignedIdentity("orders", { ...scope, resourceName: "orders-identity" });
new FederatedIdentityCredential("orders", {
  ...{ resourceGroupName: scope.resourceGroupName, resourceName: identity.name },
  ...{ issuer: config.require("oidcIssuer"), subject: `system:serviceaccount:${namespace}:orders` },
  audiences: ["api://AzureADTokenExchange"],
});
const { principalId: objectId, clientId } = identity;
const role = new EntraPrincipal("orders", { ...login, roleName: "orders-identity", objectId, clientId });
const stays = { databaseStays: server.databaseStays.shop ?? false };
const access = new SchemaAccess("orders", {
  ...{ ...login, ...stays, database: "shop", schema: "orders", members: [{ principal: role, profile: "migrator" }] },
});

/** For `kubectl apply`: the service account of the pods, which also need the label `azure.workload.identity/use: "true"`. */
export const serviceAccount = clientId.apply((id) => ({
  ...{ apiVersion: "v1", kind: "ServiceAccount" },
  metadata: { name: "orders", namespace, annotations: { "azure.workload.identity/client-id": id } },
}));
/** Environment of the pods. Nothing of it is secret. */
export const environment = {
  PGHOST: host,
  PGDATABASE: access.database,
  PGUSER: role.roleName,
  PGSSLMODE: "verify-full",
};
