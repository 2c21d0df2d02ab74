import { VirtualMachine } from "@pulumi/azure-native/compute/virtualMachine.js";
import { AdministratorsMicrosoftEntra } from "@pulumi/azure-native/dbforpostgresql/administratorsMicrosoftEntra.js";
import { Configuration } from "@pulumi/azure-native/dbforpostgresql/configuration.js";
import { Database } from "@pulumi/azure-native/dbforpostgresql/database.js";
import { FirewallRule } from "@pulumi/azure-native/dbforpostgresql/firewallRule.js";
import { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { Provider } from "@pulumi/postgresql";
import { Grant } from "@pulumi/postgresql/grant.js";
import { Role } from "@pulumi/postgresql/role.js";
import * as pulumi from "@pulumi/pulumi";
import { EntraPrincipal } from "entra-postgres";

const config = new pulumi.Config();
/** Every rule is broken, or none. */
const broken = config.requireBoolean("broken");
/** An address that is not known before `up`, and then lets in more than it may. */
const late = config.getBoolean("late");

const given = <T>(ifBroken: T, otherwise: T): T => (broken ? ifBroken : otherwise);
const place = { resourceGroupName: "group", location: "westeurope" };
const tags = given({}, { project: "policies", stack: "dev", environment: "prod" });
const allowed = { direction: "Inbound", access: "Allow", protocol: "Tcp", priority: 100 };
const anywhere = { sourcePortRange: "*", destinationAddressPrefix: "*", destinationPortRange: "22" };

new NetworkSecurityGroup("nsg", {
  ...place,
  tags,
  securityRules: [{ ...allowed, ...anywhere, name: "ssh", sourceAddressPrefix: given("*", "20.1.2.3/32") }],
});
const address = new PublicIPAddress("address", { ...place, tags });
const vm = new VirtualMachine("vm", {
  ...place,
  tags: { ...tags, environment: "prod" },
  identity: { type: given("None", "SystemAssigned") },
  osProfile: {
    adminUsername: "azureuser",
    linuxConfiguration: { disablePasswordAuthentication: !broken },
    ...given({ adminPassword: "Correct-Horse-1" }, {}),
  },
  securityProfile: {
    securityType: given("Standard", "TrustedLaunch"),
    uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
  },
});

const server = new Server(
  "server",
  {
    ...place,
    tags: { ...tags, environment: "prod" },
    version: given("14", "17"),
    sku: { name: "Standard_D2ds_v5", tier: "GeneralPurpose" },
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: given("Enabled", "Disabled") },
    backup: { backupRetentionDays: given(7, 35), geoRedundantBackup: given("Disabled", "Enabled") },
    highAvailability: { mode: given("Disabled", "ZoneRedundant") },
    network: { publicNetworkAccess: given("Enabled", "Disabled") },
  },
  { protect: !broken },
);
const inServer = { resourceGroupName: "group", serverName: server.name };
const administrator = {
  objectId: given<pulumi.Input<string>>(
    vm.identity.apply((i) => i?.principalId ?? ""),
    "11111111-1111-4111-8111-111111111111",
  ),
  principalName: "admin",
  principalType: given("User", "Group"),
};
new AdministratorsMicrosoftEntra("administrator", { ...inServer, ...administrator });
if (broken) {
  // The one server has an administrator, so another one has none.
  new Server("orphan", { ...place, authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" } });
} else {
  new DiagnosticSetting("logs", {
    resourceUri: server.id,
    workspaceId: "workspace",
    logs: [{ categoryGroup: "allLogs", enabled: true }],
  });
}
new Database("database", { ...inServer, databaseName: "app" }, { protect: !broken });
for (const [configurationName, bad, good] of [
  ["ssl_min_protocol_version", "TLSv1", "TLSv1.2"],
  ["require_secure_transport", "off", "on"],
] as const) {
  new Configuration(configurationName, { ...inServer, configurationName, value: given(bad, good) });
}
const range = (name: string, startIpAddress: pulumi.Input<string>, endIpAddress = startIpAddress) =>
  new FirewallRule(name, { ...inServer, startIpAddress, endIpAddress });
range("people", "20.1.2.3", given("20.1.9.3", "20.1.2.3"));
if (broken) {
  range("internet", "0.0.0.0", "255.255.255.255");
  range("azure", "0.0.0.0");
}
if (late) {
  range(
    "late",
    address.ipAddress.apply((known) => known ?? ""),
  );
}

const login = { host: "server.test", username: "admin" };
const provider = new Provider("admin", {
  ...login,
  azureIdentityAuth: !broken,
  sslmode: given("require", "verify-full"),
  ...given({ password: "secret" }, {}),
});
const asAdmin = { provider };
const prefix = given("x".repeat(60), "app");
new Role(
  "role",
  { name: `${prefix}_reader`, roles: given(["pg_monitor"], []), ...given({ password: "p" }, {}) },
  asAdmin,
);
new Grant(
  "grant",
  {
    database: "app",
    role: given("public", "app_reader"),
    schema: given("public", "orders"),
    objectType: "table",
    privileges: given(["SELECT", "TRUNCATE"], ["SELECT"]),
  },
  asAdmin,
);
// It would log in: there is no server, so it is for previews.
if (pulumi.runtime.isDryRun()) {
  new EntraPrincipal("principal", {
    host: login.host,
    adminUser: login.username,
    roleName: "vm",
    objectId: "22222222-2222-4222-8222-222222222222",
    isAdmin: broken,
  });
}
