import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { InvalidArguments } from "entra-postgres";
import { inputsOf, recordResources, resolved, settled, TENANT } from "../../harness/mocks.ts";

const administrators = [
  { objectId: "dddddddd-0000-0000-0000-000000000001", name: "db-admins", type: "Group" },
  { objectId: "dddddddd-0000-0000-0000-000000000002", name: "ci", type: "ServicePrincipal" },
];
const base = { resourceGroupName: "rg", location: "westeurope", tenantId: TENANT, administrators };

async function serverWith(args: object) {
  const registered = await recordResources();
  const { EntraPostgresServer } = await import("entra-postgres");
  const server = new EntraPostgresServer("app", { ...base, ...args });
  const host = await resolved(server.host);
  const adminUser = await resolved(server.adminUser);
  const all = await resolved(server.administrators);
  await settled(server);
  return { registered, host, adminUser, administrators: all };
}

test("the server takes Entra tokens and knows no password", async () => {
  const { registered } = await serverWith({});
  const [server] = inputsOf(registered, "azure-native:dbforpostgresql:Server");
  assert.deepEqual(server?.authConfig, { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId: TENANT });
  assert.ok(!("administratorLogin" in (server ?? {})));
  assert.doesNotMatch(JSON.stringify(registered), /administratorLogin|"password"/);
});

test("the defaults are the cheapest server of PostgreSQL 17", async () => {
  const { registered } = await serverWith({});
  const [server] = inputsOf(registered, "azure-native:dbforpostgresql:Server");
  assert.equal(server?.version, "17");
  assert.deepEqual(server?.sku, { name: "Standard_B1ms", tier: "Burstable" });
  assert.deepEqual(server?.storage, { storageSizeGB: 32, autoGrow: "Disabled" });
  assert.deepEqual(server?.highAvailability, { mode: "Disabled", standbyAvailabilityZone: "" });
});

test("firewall rules, first administrator, databases, other administrators and parameters come in this order", async () => {
  const { registered, host, adminUser } = await serverWith({
    databases: [{ name: "app" }, { name: "audit" }],
    parameters: [{ name: "log_connections", value: "on" }],
    firewallRules: [{ name: "vm", startIpAddress: "20.0.0.7", endIpAddress: "20.0.0.7" }],
  });
  assert.deepEqual(
    registered.filter(({ type }) => type.startsWith("azure-native:")).map(({ name }) => name),
    [
      "app-server",
      "app-firewall-vm",
      `app-admin-${administrators[0]?.objectId}`,
      "app-database-app",
      "app-database-audit",
      `app-admin-${administrators[1]?.objectId}`,
      "app-parameter-log_connections",
    ],
  );
  assert.equal(host, "db.postgres.database.azure.com");
  assert.equal(adminUser, "db-admins");
});

test("it tells its administrators in their order, for logins to be held against", async () => {
  const told = (await serverWith({})).administrators;
  assert.deepEqual(told, administrators);
});

test("it tells its firewall's rules, for who has to come after them", async () => {
  await recordResources();
  const { EntraPostgresServer } = await import("entra-postgres");
  const firewallRules = ["vm", "office"].map((name) => ({
    name,
    startIpAddress: "20.0.0.7",
    endIpAddress: "20.0.0.7",
  }));
  const server = new EntraPostgresServer("app", { ...base, databases: [{ name: "app" }], firewallRules });
  const names = await Promise.all(server.firewallRules.map((rule) => resolved(rule.name)));
  await settled(server);
  assert.deepEqual(names, ["app-firewall-vm", "app-firewall-office"]);
});

test("without firewall rules nobody gets in", async () => {
  const { registered } = await serverWith({});
  assert.deepEqual(inputsOf(registered, "azure-native:dbforpostgresql:FirewallRule"), []);
});

test("a private server has no public endpoint, and its name is known once it leads to the private one", async () => {
  const privateEndpoint = { subnetId: "endpoints-id", privateZoneId: "zone-id" };
  const { registered, host } = await serverWith({ publicAccess: "Disabled", privateEndpoint, databases: ["app"] });
  const [server] = inputsOf(registered, "azure-native:dbforpostgresql:Server");
  assert.deepEqual(server?.network, { publicNetworkAccess: "Disabled" });
  const [endpoint] = inputsOf(registered, "azure-native:network:PrivateEndpoint");
  assert.deepEqual(endpoint?.privateLinkServiceConnections, [
    { name: "server", privateLinkServiceId: "app-server-id", groupIds: ["postgresqlServer"] },
  ]);
  assert.equal((endpoint?.subnet as { id: string } | undefined)?.id, "endpoints-id");
  const [names] = inputsOf(registered, "azure-native:network:PrivateDnsZoneGroup");
  assert.deepEqual(names?.privateDnsZoneConfigs, [{ name: "postgres", privateDnsZoneId: "zone-id" }]);
  assert.equal(host, "db.postgres.database.azure.com");
});

test("redundancy, zones, growth and backups are as they were asked for", async () => {
  const { registered } = await serverWith({
    skuTier: "GeneralPurpose",
    skuName: "Standard_D2ds_v5",
    highAvailability: "ZoneRedundant",
    availabilityZone: "1",
    standbyAvailabilityZone: "2",
    storageSizeGb: 128,
    storageAutoGrow: "Enabled",
    backupRetentionDays: 35,
    geoRedundantBackup: "Enabled",
  });
  const [server] = inputsOf(registered, "azure-native:dbforpostgresql:Server");
  assert.equal(server?.availabilityZone, "1");
  assert.deepEqual(server?.highAvailability, { mode: "ZoneRedundant", standbyAvailabilityZone: "2" });
  assert.deepEqual(server?.storage, { storageSizeGB: 128, autoGrow: "Enabled" });
  assert.deepEqual(server?.backup, { backupRetentionDays: 35, geoRedundantBackup: "Enabled" });
});

test("no administrator, an old version, two things of one name, and rules without a firewall are refused together", async () => {
  await recordResources();
  const { EntraPostgresServer } = await import("entra-postgres");
  assert.throws(
    () =>
      new EntraPostgresServer("bad", {
        ...base,
        administrators: [],
        postgresVersion: "15",
        databases: [{ name: "a" }, { name: "a" }],
        publicAccess: "Disabled",
        firewallRules: [{ name: "vm", startIpAddress: "20.0.0.7", endIpAddress: "20.0.0.7" }],
      }),
    (error: InvalidArguments) => {
      assert.ok(pulumi.ResourceError.isInstance(error) && error.hideStack, "the engine shows it without a stack");
      assert.deepEqual(
        error.errors?.map(({ propertyPath }) => propertyPath),
        ["administrators", "postgresVersion", "firewallRules", "databases"],
      );
      return true;
    },
  );
});

test("one principal, or one name, for two administrators is refused, and told by the component without a stack", async () => {
  await recordResources();
  const { EntraPostgresServer } = await import("entra-postgres");
  const [first] = base.administrators;
  assert.ok(first);
  const others = [
    { ...first, name: "other", objectId: first.objectId.toUpperCase() },
    { ...first, objectId: "dddddddd-0000-0000-0000-000000000004" },
  ];
  for (const [other, reason] of [
    [
      others[0],
      /^EntraPostgresServer "bad" .*:\n {2}administrators: has the principal \S+ twice; name each administrator once\n[\s\S]*EP-SERVER-01$/,
    ],
    [others[1], /^EntraPostgresServer "bad" .*:\n {2}administrators: names "\S+" twice\n[\s\S]*EP-SERVER-01$/],
  ] as const) {
    assert.ok(other);
    const create = () => new EntraPostgresServer("bad", { ...base, administrators: [first, other] });
    assert.throws(create, { message: reason, hideStack: true });
  }
});
