import { readFileSync } from "node:fs";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { deployer, EntraPostgresServer } from "entra-postgres";

const config = new pulumi.Config();
const location = config.get("location") ?? "swedencentral";
const address = config.require("address");
const authority = config.get("caFile");
const ca = authority ? { caCert: readFileSync(authority, "utf8") } : {};
const { tenantId } = getClientConfigOutput();
const { name: resourceGroupName } = new ResourceGroup("shop", { location });

const server = new EntraPostgresServer("shop", {
  ...{ resourceGroupName, location, ...ca, port: config.getNumber("port") ?? 5432, tenantId },
  ...{ administrators: [await deployer()], databases: [{ name: "shop" }] },
  firewallRules: [{ name: "deployer", startIpAddress: address, endIpAddress: address }],
});

/** For the stacks of the applications. None of it is secret. */
export const serverId = server.server.id;
export const serverName = server.serverName;
export const login = {
  ...{ host: server.host, port: server.port, adminUser: server.adminUser, administrators: server.administrators },
};
export { location, resourceGroupName };
