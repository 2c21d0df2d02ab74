import { ContainerApp } from "@pulumi/azure-native/app/containerApp.js";
import { ManagedEnvironment } from "@pulumi/azure-native/app/managedEnvironment.js";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { deployer, EntraPrincipal, ExistingServer, SchemaAccess } from "entra-postgres";

const config = new pulumi.Config();
const location = config.get("location") ?? "swedencentral";
const { tenantId } = getClientConfigOutput();
const scope = { resourceGroupName: new ResourceGroup("shop", { location }).name, location };

const server = new ExistingServer("shop", {
  ...{ serverId: config.require("serverId"), tenantId, administrators: [await deployer()] },
  databases: [{ name: "shop" }],
});
const { host, port, adminUser, administrators } = server;
const login = { host, port, adminUser, administrators, serverId: server.serverId };

// The identity is there before the app, so the first revision finds its role.
const identity = new UserAssignedIdentity("orders", { ...scope, resourceName: "orders-identity" });
const { principalId: objectId, clientId } = identity;
const role = new EntraPrincipal("orders", { ...login, roleName: "orders-identity", objectId, clientId });
const stays = { databaseStays: server.databaseStays.shop ?? false };
const access = new SchemaAccess("orders", {
  ...{ ...login, ...stays, database: "shop", schema: "orders", members: [{ principal: role, profile: "migrator" }] },
});

const environment = new ManagedEnvironment("shop", scope);
const env = [
  { name: "PGHOST", value: host },
  { name: "PGDATABASE", value: access.database },
  { name: "PGUSER", value: role.roleName },
  { name: "PGSSLMODE", value: "verify-full" },
  // With several identities the token request has to name one.
  { name: "AZURE_CLIENT_ID", value: clientId },
];
new ContainerApp("orders", {
  ...{ ...scope, managedEnvironmentId: environment.id },
  identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
  template: { containers: [{ name: "orders", image: config.require("image"), env }] },
});
