import { readFileSync } from "node:fs";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  deployer,
  EntraPostgresServer,
  EntraPrincipal,
  IdentityVm,
  PrivateNetwork,
  SchemaAccess,
} from "entra-postgres";

const config = new pulumi.Config();
const location = config.get("location") ?? "swedencentral";
const port = config.getNumber("port") ?? 5432;
const authority = config.get("caFile");
const ca = authority ? { caCert: readFileSync(authority, "utf8") } : {};
const { tenantId } = getClientConfigOutput();
const scope = { resourceGroupName: new ResourceGroup("shop", { location }).name, location };

// The network in which the runners of the pipeline are is peered with this one, and resolves the server's name.
const runnerNetworkId = config.get("runnerNetworkId");
const network = new PrivateNetwork("shop", { ...scope, ...(runnerNetworkId ? { runnerNetworkId } : {}) });
const vm = new IdentityVm("orders-vm", { ...scope, subnetId: network.machineSubnetId });
const server = new EntraPostgresServer("shop", {
  ...{ ...scope, ...ca, port, tenantId, administrators: [await deployer()], databases: [{ name: "shop" }] },
  publicAccess: "Disabled",
  privateEndpoint: { subnetId: network.endpointSubnetId, privateZoneId: network.privateZoneId },
});
const { host, adminUser, administrators } = server;
const login = { host, port, adminUser, administrators, serverId: server.server.id, ...ca };
const inServer = { deletedWith: server.server };

const { principalId: objectId, clientId, identityName: roleName, vmName } = vm;
const role = new EntraPrincipal("orders", { ...login, roleName, objectId, clientId }, inServer);
const members = [{ principal: role, profile: "migrator" }];
const access = new SchemaAccess("orders", { ...login, database: "shop", schema: "orders", members }, inServer);
const check = new ConnectionCheck("orders", {
  ...{ ...scope, ...ca, vmName, host, port, database: access.database, user: role.roleName, objectId, clientId },
  ...{ profile: "migrator", schema: access.schema, isPrivate: false, actsAs: access.actsAs("migrator") },
});

/** What the VM saw when it logged in. */
export const receipt = check.receipt;
