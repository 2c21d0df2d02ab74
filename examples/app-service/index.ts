import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { AppServicePlan } from "@pulumi/azure-native/web/appServicePlan.js";
import { WebApp } from "@pulumi/azure-native/web/webApp.js";
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

// The settings hold no secret: the app fetches a token for each connection. Azure Functions have the same, with `kind: "functionapp,linux"`.
const name = "shop-orders";
const plan = new AppServicePlan("shop", {
  ...scope,
  kind: "linux",
  reserved: true,
  sku: { name: "P0v3", tier: "PremiumV3" },
});
const app = new WebApp("orders", {
  ...{
    ...scope,
    name,
    kind: "app,linux",
    serverFarmId: plan.id,
    httpsOnly: true,
    identity: { type: "SystemAssigned" },
  },
  siteConfig: {
    linuxFxVersion: "NODE|24-lts",
    appSettings: [
      { name: "PGHOST", value: host },
      { name: "PGDATABASE", value: "shop" },
      { name: "PGUSER", value: name },
      { name: "PGSSLMODE", value: "verify-full" },
    ],
  },
});

// The identity has the app's name. App Service gives its tokens without a client id.
const objectId = app.identity.apply((identity) => identity?.principalId ?? "");
const role = new EntraPrincipal("orders", { ...login, roleName: name, objectId });
const stays = { databaseStays: server.databaseStays.shop ?? false };
new SchemaAccess("orders", {
  ...{ ...login, ...stays, database: "shop", schema: "orders", members: [{ principal: role, profile: "migrator" }] },
});
