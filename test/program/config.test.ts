import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { DEFAULTS } from "../../program/config/environments.ts";
import { commandsIn, problemsOf, settingsOf } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "entra-postgres-config-"));
before(() => {
  writeFileSync(join(folder, "key"), "PRIVATE");
  writeFileSync(join(folder, "key.pub"), "ssh-ed25519 AAAA public\n");
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("no configuration at all is a complete stack, with the defaults that Pulumi.yaml states", async () => {
  const settings = await settingsOf({});
  assert.deepEqual(settings.apps, [
    {
      name: "app",
      vmName: "entra-postgres-test",
      profile: "migrator",
      database: "app",
      schema: "app",
      onDelete: "refuse",
    },
  ]);
  assert.equal(settings.administrator, undefined);
  assert.deepEqual(settings.ssh, { sshPort: 22 });
  const { vm, server, ssh } = settings;
  const read: Record<string, unknown> = {
    ...vm,
    ...server,
    ...ssh,
    environment: settings.environment,
    location: settings.location,
    moreAdministrators: settings.moreAdministrators,
    databaseName: settings.databases[0],
    apps: [],
    databasePort: server.port,
    serverSku: server.skuName,
    serverTier: server.skuTier,
    allowedAddresses: settings.allowedAddresses,
  };
  const schema = parse(readFileSync(new URL("../../Pulumi.yaml", import.meta.url), "utf8")).config;
  for (const [key, { default: stated }] of Object.entries(schema) as [string, { default: unknown }][]) {
    if (stated !== "") {
      // Numbers are texts there, so that it is the program that says what a number may be.
      assert.deepEqual(typeof read[key] === "number" ? String(read[key]) : read[key], stated, key);
    }
  }
});

test("the environment decides the defaults of the server, and each can be overridden", async () => {
  for (const environment of ENVIRONMENTS) {
    const { server, logRetentionDays } = await settingsOf({ environment });
    const stated = DEFAULTS[environment];
    const { serverTier, serverSku, diagnostics, logRetentionDays: days, deletionProtection, ...same } = stated;
    assert.deepEqual(
      server,
      {
        ...same,
        skuTier: serverTier,
        skuName: serverSku,
        deletionProtection: deletionProtection === "Enabled",
        postgresVersion: "17",
        port: 5432,
      },
      environment,
    );
    assert.equal(logRetentionDays, diagnostics === "Enabled" ? days : undefined, environment);
  }
  const { server, logRetentionDays } = await settingsOf({
    environment: "prod",
    serverTier: "MemoryOptimized",
    storageSizeGb: "256",
    highAvailability: "SameZone",
    backupRetentionDays: "20",
    geoRedundantBackup: "Disabled",
    publicAccess: "Enabled",
    deletionProtection: "Disabled",
    diagnostics: "Disabled",
  });
  assert.equal(server.skuName, "Standard_E2ds_v5", "a size of the tier that was asked for");
  assert.equal(server.storageSizeGb, 256);
  assert.equal(server.highAvailability, "SameZone");
  assert.equal(server.standbyAvailabilityZone, "", "another zone is for ZoneRedundant alone");
  assert.equal(server.backupRetentionDays, 20);
  assert.equal(server.geoRedundantBackup, "Disabled");
  assert.equal(server.publicAccess, "Enabled");
  assert.equal(server.deletionProtection, false);
  assert.equal(logRetentionDays, undefined);
});

test("zones: the environment's pair with ZoneRedundant, the other one to the one named, none in a region without zones", async () => {
  for (const [config, zone, standby] of [
    [{}, "1", "2"],
    [{ availabilityZone: "2" }, "2", "1"],
    [{ availabilityZone: "any" }, "", "2"],
    [{ availabilityZone: "3", standbyAvailabilityZone: "any" }, "3", ""],
    [{ highAvailability: "SameZone" }, "", ""],
    [{ highAvailability: "SameZone", availabilityZone: "3" }, "3", ""],
  ] as const) {
    const { server } = await settingsOf({ environment: "prod", ...config });
    assert.deepEqual(
      [server.availabilityZone, server.standbyAvailabilityZone],
      [zone, standby],
      JSON.stringify(config),
    );
  }
  assert.match(
    await problemsOf({ availabilityZone: "none" }),
    /availabilityZone is "none"\s+allowed: 1, 2 or 3.*or any/,
  );
});

test("a Burstable server in prod has no standby, which Azure would refuse", async () => {
  const { server } = await settingsOf({ environment: "prod", serverTier: "Burstable" });
  assert.equal(server.highAvailability, "Disabled");
  assert.equal(server.skuName, "Standard_B1ms");
  const message = await problemsOf({ serverTier: "Burstable", highAvailability: "SameZone" });
  assert.match(message, /highAvailability is "SameZone"\s+allowed: with serverTier Burstable, Disabled/);
});

test("settings of the server that do not go together are told all at once", async () => {
  const message = await problemsOf({
    environment: "production",
    serverTier: "GeneralPurpose",
    serverSku: "Standard_B1ms",
    publicAccess: "Disabled",
    allowedAddresses: '["20.1.2.3"]',
    highAvailability: "ZoneRedundant",
    availabilityZone: "2",
    standbyAvailabilityZone: "2",
    resourceGroupName: "ends.",
    runnerNetworkId: "runners",
    moreAdministrators: '[{"objectId":"me","name":"on-call","kind":"Group"}]',
  });
  assert.match(message, /has 9 problems/);
  assert.match(message, /environment is "production"\s+allowed: dev, test, prod/);
  assert.match(message, /serverSku is "Standard_B1ms"\s+allowed: with serverTier GeneralPurpose/);
  assert.match(message, /allowedAddresses is .*\s+allowed: none with publicAccess Disabled/);
  assert.match(message, /standbyAvailabilityZone is "2"\s+allowed: another zone than availabilityZone, 2/);
  assert.match(message, /resourceGroupName is "ends\."/);
  assert.match(message, /runnerNetworkId is "runners"\s+allowed: the ARM id of a virtual network/);
  assert.match(message, /moreAdministrators\[0\]\.kind is "Group"\s+allowed: no such key/);
  assert.match(message, /moreAdministrators\[0\]\.objectId is "me"/);
  assert.match(message, /moreAdministrators\[0\]\.type is missing/);
});

test("a network of runners is for a server without a public endpoint", async () => {
  const runnerNetworkId = "/subscriptions/1/resourceGroups/runners/providers/Microsoft.Network/virtualNetworks/runners";
  const message = await problemsOf({ runnerNetworkId });
  assert.match(message, /runnerNetworkId is .*\s+allowed: with publicAccess Disabled only/);
  assert.deepEqual(commandsIn(message), ["pulumi config rm --stack test runnerNetworkId"]);
  const closed = await settingsOf({ runnerNetworkId, publicAccess: "Disabled" });
  assert.deepEqual(closed.runnerNetwork, { runnerNetworkId });
});

test("every problem is told at once, with key, value, what is allowed and a command", async () => {
  const message = await problemsOf({
    databasePort: "0",
    identityType: "None",
    serverSku: "Standard_D2ds_v5",
    allowedAddresses: '["0.0.0.0/0"]',
    adminName: "db-admins",
    postgressVersion: "17",
  });
  assert.match(message, /has 7 problems/);
  assert.match(
    message,
    /databasePort is "0"\s+allowed: a whole number from 1 to 65535\s+example: pulumi config set --stack test databasePort 5432/,
  );
  assert.match(message, /identityType is "None"\s+allowed: SystemAssigned, UserAssigned/);
  assert.match(message, /serverSku is "Standard_D2ds_v5"\s+allowed: with serverTier Burstable/);
  assert.match(
    message,
    /allowedAddresses\[0\] is "0\.0\.0\.0\/0"\s+allowed: .*never the whole Internet\s+example: pulumi config set --stack test --path 'allowedAddresses\[0\]' 198\.51\.100\.7/,
  );
  assert.match(
    message,
    /adminObjectId is missing\s+allowed: all of .*\s+example: pulumi config set --stack test adminObjectId [0-9a-f-]{36}$/m,
  );
  assert.match(message, /adminType is missing/);
  assert.match(message, /postgressVersion is not a key of this program, did you mean "postgresVersion"\?/);
});

test("an example's address is let pass in a preview and refused in an update", async () => {
  const config = { allowedAddresses: '["203.0.113.10"]' };
  assert.match(await problemsOf(config), /your own address instead of the example's/);
  assert.equal((await settingsOf(config, { preview: true })).allowedAddresses.length, 1);
});

test("an SSH key is read with its public half, and needs an address that may use it", async () => {
  const sshKeyFile = join(folder, "key");
  assert.match(await problemsOf({ sshKeyFile }), /sshAllowedAddresses is missing\s+allowed: with sshKeyFile/);
  assert.match(await problemsOf({ sshKeyFile, sshAllowedAddresses: '["everywhere"]' }), /has 1 problem:/);
  const settings = await settingsOf({ sshKeyFile, sshAllowedAddresses: '["20.1.2.3"]' });
  assert.equal(settings.ssh.sshPrivateKey, "PRIVATE");
  assert.equal(settings.vm.sshPublicKey, "ssh-ed25519 AAAA public");
  assert.match(await problemsOf({ sshKeyFile: `${folder}/none` }), /with its public key beside it/);
});

test("the template of `pulumi new` asks for keys that exist, with the schema's defaults", () => {
  const project = parse(readFileSync(new URL("../../Pulumi.yaml", import.meta.url), "utf8"));
  for (const [key, { default: proposed }] of Object.entries(project.template.config) as [
    string,
    { default?: unknown },
  ][]) {
    assert.ok(key in project.config, key);
    if (proposed !== undefined) {
      assert.equal(proposed, project.config[key].default, key);
    }
  }
});
