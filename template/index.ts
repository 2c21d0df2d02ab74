import { readFileSync } from "node:fs";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  connectionDetails,
  deployer,
  EntraPostgresServer,
  EntraPrincipal,
  IdentityVm,
  SchemaAccess,
} from "entra-postgres";

const config = new pulumi.Config();
const location = new pulumi.Config("azure-native").get("location") ?? "swedencentral";
const address = config.require("address");
// Azure's own port and authorities, unless the configuration says otherwise.
const port = config.getNumber("port") ?? 5432;
const caFile = config.get("caFile");
const ca = caFile ? { caCert: readFileSync(caFile, "utf8") } : {};
const { tenantId } = getClientConfigOutput();
const { name: resourceGroupName } = new ResourceGroup("shop", { location });
const scope = { resourceGroupName, location };

const vm = new IdentityVm("orders-vm", scope);
const server = new EntraPostgresServer("shop", {
  ...{ ...scope, ...ca, port, tenantId, administrators: [await deployer()], databases: [{ name: "shop" }] },
  firewallRules: [
    { name: "deployer", startIpAddress: address, endIpAddress: address },
    { name: "orders", startIpAddress: vm.publicIpAddress, endIpAddress: vm.publicIpAddress },
  ],
});
const { host, adminUser, administrators } = server;
const login = { host, port, adminUser, administrators, serverId: server.server.id, ...ca };
const inServer = { deletedWith: server.server };

// The role is bound to the identity's object id, and has the rights of a profile on a schema: reader, writer, migrator or owner.
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
/** How each kind of client connects. */
export const connection = pulumi
  .output({ host, port, database: access.database, user: role.roleName, clientId })
  .apply((facts) => connectionDetails(facts));
