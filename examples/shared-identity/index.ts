import { readFileSync } from "node:fs";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  deployer,
  EntraPostgresServer,
  EntraPrincipal,
  IdentityVm,
  SchemaAccess,
} from "entra-postgres";

const config = new pulumi.Config();
const location = config.get("location") ?? "swedencentral";
const address = config.require("address");
const port = config.getNumber("port") ?? 5432;
const authority = config.get("caFile");
const ca = authority ? { caCert: readFileSync(authority, "utf8") } : {};
const { tenantId } = getClientConfigOutput();
const scope = { resourceGroupName: new ResourceGroup("shop", { location }).name, location };

const identity = new UserAssignedIdentity("orders", { ...scope, resourceName: "orders-identity" });
const machines = ["one", "two"].map(
  (name) => new IdentityVm(`orders-${name}`, { ...scope, identityId: identity.id, addressPrefix: "10.42.0.0/24" }),
);

const server = new EntraPostgresServer("shop", {
  ...{ ...scope, ...ca, port, tenantId, administrators: [await deployer()], databases: [{ name: "shop" }] },
  firewallRules: [
    { name: "deployer", startIpAddress: address, endIpAddress: address },
    ...machines.map(({ publicIpAddress }, index) => ({
      ...{ name: `orders-${index}`, startIpAddress: publicIpAddress, endIpAddress: publicIpAddress },
    })),
  ],
});
const { host, adminUser, administrators } = server;
const login = { host, port, adminUser, administrators, serverId: server.server.id, ...ca };
const inServer = { deletedWith: server.server };

// One identity is one role, however many machines have it.
const { principalId: objectId, clientId } = identity;
const role = new EntraPrincipal("orders", { ...login, roleName: "orders-identity", objectId, clientId }, inServer);
const members = [{ principal: role, profile: "migrator" }];
const access = new SchemaAccess("orders", { ...login, database: "shop", schema: "orders", members }, inServer);

/** What each VM saw when it logged in. */
export const receipts = machines.map(
  ({ vmName }, index) =>
    new ConnectionCheck(`orders-${index}`, {
      ...{ ...scope, ...ca, vmName, host, port, database: access.database, user: role.roleName, objectId, clientId },
      ...{ profile: "migrator", schema: access.schema, isPrivate: false, actsAs: access.actsAs("migrator") },
    }).receipt,
);
