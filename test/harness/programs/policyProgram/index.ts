import { Configuration } from "@pulumi/azure-native/dbforpostgresql/configuration.js";
import { FirewallRule } from "@pulumi/azure-native/dbforpostgresql/firewallRule.js";
import { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
/** What the server is made with is too little for prod, and enough for dev; and it takes old TLS. */
const broken = config.requireBoolean("broken");
/** An address that is not known before `up`, and then lets in more than it may. */
const late = config.getBoolean("late");

const given = <T>(ifBroken: T, otherwise: T): T => (broken ? ifBroken : otherwise);
const place = { resourceGroupName: "group", location: "westeurope" };
const tagged = { ...place, tags: { project: "policies", stack: "dev", environment: "prod" } };

const server = new Server(
  "server",
  {
    ...tagged,
    version: "17",
    sku: { name: "Standard_D2ds_v5", tier: "GeneralPurpose" },
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" },
    backup: { backupRetentionDays: given(7, 35), geoRedundantBackup: "Enabled" },
    highAvailability: { mode: "ZoneRedundant" },
    network: { publicNetworkAccess: given("Enabled", "Disabled") },
  },
  { protect: true },
);
const inServer = { resourceGroupName: "group", serverName: server.name };
const configurationName = "ssl_min_protocol_version";
new Configuration("tls", { ...inServer, configurationName, value: given("TLSv1", "TLSv1.2") });
if (late) {
  const address = new PublicIPAddress("address", tagged).ipAddress.apply((known) => known ?? "");
  new FirewallRule("late", { ...inServer, startIpAddress: address, endIpAddress: address });
}
