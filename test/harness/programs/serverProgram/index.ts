import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { EntraPostgresServer } from "entra-postgres";

const config = new pulumi.Config();
const { name: resourceGroupName } = new ResourceGroup("new", { location: "westeurope" });
new EntraPostgresServer("new", {
  resourceGroupName,
  location: "westeurope",
  tenantId: getClientConfigOutput().tenantId,
  administrators: ["first", "second"].map((name) => ({
    name,
    objectId: config.require(name),
    type: "ServicePrincipal",
  })),
  firewallRules: [{ name: "here", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" }],
  databases: [{ name: "app" }],
  postgresVersion: "18",
  port: config.requireNumber("port"),
  caCert: config.require("caCert"),
});
