import { readFileSync } from "node:fs";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  connectionDetails,
  deployer,
  EntraPrincipal,
  ExistingServer,
  ExistingVm,
  findServer,
  findVm,
  SchemaAccess,
} from "entra-postgres";

const config = new pulumi.Config();
const [vmId, serverId] = [config.require("vmId"), config.require("serverId")];
const address = config.require("address");
const port = config.getNumber("port") ?? 5432;
const authority = config.get("caFile");
const ca = authority ? { caCert: readFileSync(authority, "utf8") } : {};
// What does not fit is refused here, before the first resource.
await Promise.all([findVm(vmId), findServer(serverId)]);
const { tenantId } = getClientConfigOutput();

const vm = new ExistingVm("orders", { vmId });
const server = new ExistingServer("shop", {
  ...{ serverId, ...ca, port, tenantId, administrators: [await deployer()], databases: [{ name: "shop" }] },
  firewallRules: [
    { name: "orders-deployer", startIpAddress: address, endIpAddress: address },
    { name: "orders-vm", startIpAddress: vm.publicIpAddress, endIpAddress: vm.publicIpAddress },
  ],
});
const { host, adminUser, administrators } = server;
const login = { host, port, adminUser, administrators, serverId: server.serverId, ...ca };

const { principalId: objectId, clientId, identityName: roleName } = vm;
const role = new EntraPrincipal("orders", { ...login, roleName, objectId, clientId });
const members = [{ principal: role, profile: "migrator" }];
const stays = { databaseStays: server.databaseStays.shop ?? false };
const access = new SchemaAccess("orders", { ...login, ...stays, database: "shop", schema: "orders", members });

const { vmName, resourceGroupName, location } = vm;
const check = new ConnectionCheck("orders", {
  ...{ vmName, resourceGroupName, location, ...ca, host, port, database: access.database, user: role.roleName },
  ...{ objectId, clientId, profile: "migrator", schema: access.schema, isPrivate: false },
  actsAs: access.actsAs("migrator"),
});

/** What the VM saw when it logged in. */
export const receipt = check.receipt;
/** How each kind of client connects. */
export const connection = pulumi
  .output({ host, port, database: access.database, user: role.roleName, clientId })
  .apply((facts) => connectionDetails(facts));
