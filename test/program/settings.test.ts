import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { defaultText } from "../../program/config/key.ts";
import { SCHEMA } from "../../program/config/schema.ts";
import { assertReports, type Expected, settingsOf } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "settings-"));
const file = (name: string) => join(folder, name);
before(() => {
  writeFileSync(file("key"), "PRIVATE");
  writeFileSync(file("key.pub"), "ssh-ed25519 AAAA public\n");
  writeFileSync(file("ca.pem"), "-----BEGIN CERTIFICATE-----");
});
after(() => rmSync(folder, { recursive: true, force: true }));

const administrator = (digit: string, name: string) => ({
  objectId: `${digit.repeat(8)}-2222-3333-4444-55555555555a`,
  name,
  type: "Group",
});
const ADMIN = { adminObjectId: administrator("a", "").objectId, adminName: "db-admins", adminType: "Group" };
const RUNNERS = "/subscriptions/1/resourceGroups/runners/providers/Microsoft.Network/virtualNetworks/runners";

test("an empty configuration is a complete stack", async () => {
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
  assert.deepEqual(settings.vm, {
    vmSize: "Standard_B2ats_v2",
    identityType: "SystemAssigned",
    sshAllowedAddresses: [],
  });
  assert.deepEqual(settings.ssh, { sshPort: 22 });
  assert.deepEqual([settings.environment, settings.location, settings.server.port], ["dev", "westeurope", 5432]);
  assert.deepEqual([settings.administrator, settings.certificateAuthority], [undefined, undefined]);
});

test("each environment has the defaults of the schema", async () => {
  for (const environment of ENVIRONMENTS) {
    const { server, logRetentionDays } = await settingsOf({ environment });
    const standard = (name: "serverTier" | "serverSku" | "highAvailability") => defaultText(SCHEMA[name], environment);
    const number = (name: "storageSizeGb" | "backupRetentionDays" | "logRetentionDays") =>
      Number(defaultText(SCHEMA[name], environment));
    const isEnabled = (
      name: "storageAutoGrow" | "geoRedundantBackup" | "publicAccess" | "deletionProtection" | "diagnostics",
    ) => defaultText(SCHEMA[name], environment) === "Enabled";
    const zones = environment === "prod" ? ["1", "2"] : [undefined, undefined];
    assert.deepEqual(server, {
      postgresVersion: "17",
      skuTier: standard("serverTier"),
      skuName: standard("serverSku"),
      storageSizeGb: number("storageSizeGb"),
      storageAutoGrow: isEnabled("storageAutoGrow"),
      highAvailability: standard("highAvailability"),
      availabilityZone: zones[0],
      standbyAvailabilityZone: zones[1],
      backupRetentionDays: number("backupRetentionDays"),
      geoRedundantBackup: isEnabled("geoRedundantBackup"),
      publicAccess: isEnabled("publicAccess"),
      deletionProtection: isEnabled("deletionProtection"),
      port: 5432,
    });
    assert.equal(logRetentionDays, isEnabled("diagnostics") ? number("logRetentionDays") : undefined, environment);
  }
});

describe("accepted configurations", () => {
  const server = async (config: Record<string, unknown>) => (await settingsOf(config)).server;
  const zones = async (config: Record<string, unknown>) => {
    const { availabilityZone, standbyAvailabilityZone } = await server({ environment: "prod", ...config });
    return [availabilityZone, standbyAvailabilityZone];
  };
  const rows: [name: string, actual: () => Promise<unknown>, expected: unknown][] = [
    [
      "a key overrides the environment",
      async () => (await server({ environment: "prod", storageSizeGb: "256", publicAccess: "Enabled" })).storageSizeGb,
      256,
    ],
    [
      "another tier has a size of its own",
      async () => (await server({ environment: "prod", serverTier: "MemoryOptimized" })).skuName,
      "Standard_E2ds_v5",
    ],
    [
      "a Burstable server in prod has no standby",
      async () => (await server({ environment: "prod", serverTier: "Burstable" })).highAvailability,
      "Disabled",
    ],
    [
      "diagnostics that are disabled keep no logs",
      async () => (await settingsOf({ environment: "prod", diagnostics: "Disabled" })).logRetentionDays,
      undefined,
    ],
    ["the standby gets the other zone of the pair", () => zones({ availabilityZone: "2" }), ["2", "1"]],
    [
      "any leaves a zone to Azure",
      () => zones({ availabilityZone: "3", standbyAvailabilityZone: "any" }),
      ["3", undefined],
    ],
    ["without ZoneRedundant no zone is chosen", () => zones({ highAvailability: "SameZone" }), [undefined, undefined]],
    [
      "without ZoneRedundant a stated zone counts",
      () => zones({ highAvailability: "SameZone", availabilityZone: "3" }),
      ["3", undefined],
    ],
    [
      "a private server joins the runners' network",
      async () => (await settingsOf({ runnerNetworkId: RUNNERS, publicAccess: "Disabled" })).runnerNetwork,
      { runnerNetworkId: RUNNERS },
    ],
    [
      "addresses become firewall rules, in their order",
      async () =>
        (await settingsOf({ allowedAddresses: ["20.1.2.8/29", "20.1.2.8"] })).allowedAddresses.map((range) =>
          Object.values(range),
        ),
      [
        ["allow-20-1-2-8-29", "20.1.2.8", "20.1.2.15"],
        ["allow-20-1-2-8", "20.1.2.8", "20.1.2.8"],
      ],
    ],
    [
      "a preview accepts an example's address",
      async () => (await settingsOf({ allowedAddresses: ["203.0.113.10"] }, { preview: true })).allowedAddresses.length,
      1,
    ],
    [
      "more administrators keep their order",
      async () =>
        (await settingsOf({ moreAdministrators: [administrator("b", "x"), administrator("a", "y")] }))
          .moreAdministrators,
      [administrator("b", "x"), administrator("a", "y")],
    ],
    [
      "a stated administrator takes the deployer's place",
      async () => (await settingsOf(ADMIN)).administrator,
      administrator("a", "db-admins"),
    ],
    [
      "a certificate authority is its file and its PEM",
      async () => (await settingsOf({ databaseCaCert: file("ca.pem") })).certificateAuthority,
      { file: file("ca.pem"), pem: "-----BEGIN CERTIFICATE-----" },
    ],
    [
      "an SSH key is read with its public half",
      async () => {
        const { ssh, vm } = await settingsOf({ sshKeyFile: file("key"), sshAllowedAddresses: ["20.1.2.3"] });
        return [ssh.sshPrivateKey, vm.sshPublicKey];
      },
      ["PRIVATE", "ssh-ed25519 AAAA public"],
    ],
    ...["Standard_B20ms", "Standard_D96ads_v5", "Standard_DC4ads_v5", "Standard_EC8ads_v5"].map(
      (serverSku): [string, () => Promise<unknown>, unknown] => {
        const serverTier = serverSku.includes("_B")
          ? "Burstable"
          : serverSku.includes("_D")
            ? "GeneralPurpose"
            : "MemoryOptimized";
        return [
          `${serverSku} is a size of ${serverTier}`,
          async () => (await server({ serverTier, serverSku })).skuName,
          serverSku,
        ];
      },
    ),
  ];
  for (const [name, actual, expected] of rows) {
    test(name, async () => assert.deepEqual(await actual(), expected));
  }
});

describe("refused configurations", () => {
  const rows: [name: string, config: Record<string, unknown>, reports: Expected][] = [
    [
      "every invalid value at once",
      {
        environment: "production",
        databasePort: "0x10",
        identityType: "None",
        storageSizeGb: "33",
        serverSku: "Standard_Foo",
        resourceGroupName: "ends.",
        runnerNetworkId: "runners",
        availabilityZone: "none",
        allowedAddresses: "20.1.2.3",
        sshAllowedAddresses: ["20.1.2.3", { cidr: "20.1.2.4" }],
      },
      {
        environment: ["EP-CONFIG-01", /^dev, test, prod$/],
        databasePort: ["EP-CONFIG-01", /^a whole number from 1 to 65535$/],
        identityType: ["EP-CONFIG-01", /^SystemAssigned, UserAssigned$/],
        storageSizeGb: ["EP-CONFIG-01", /^32, 64, 128, .*, 32767$/],
        serverSku: ["EP-CONFIG-01", /^a compute size/],
        resourceGroupName: ["EP-CONFIG-01", /^1 to 90/],
        runnerNetworkId: ["EP-CONFIG-01", /^the ARM id of a virtual network$/],
        availabilityZone: ["EP-CONFIG-01", /^1, 2 or 3.*or any/],
        allowedAddresses: ["EP-CONFIG-01", /^a list, each item a text$/],
        "sshAllowedAddresses[1]": ["EP-CONFIG-01", /^a text$/],
      },
    ],
    [
      "a size of another tier",
      { serverTier: "GeneralPurpose", serverSku: "Standard_B1ms" },
      { serverSku: ["EP-CONFIG-04", /^with serverTier GeneralPurpose/] },
    ],
    [
      "a standby of a Burstable server",
      { highAvailability: "SameZone" },
      { highAvailability: ["EP-CONFIG-04", /^with serverTier Burstable, Disabled$/] },
    ],
    [
      "a zone for a standby that there is not",
      { standbyAvailabilityZone: "2" },
      { standbyAvailabilityZone: ["EP-CONFIG-04", /ZoneRedundant only/] },
    ],
    [
      "a standby in the server's own zone",
      { environment: "prod", availabilityZone: "2", standbyAvailabilityZone: "2" },
      { standbyAvailabilityZone: ["EP-CONFIG-04", /^another zone than availabilityZone, 2$/] },
    ],
    [
      "addresses of a private server",
      { publicAccess: "Disabled", allowedAddresses: ["20.1.2.3"] },
      { allowedAddresses: ["EP-CONFIG-04", /^none with publicAccess Disabled/] },
    ],
    [
      "a runners' network of a public server",
      { runnerNetworkId: RUNNERS },
      { runnerNetworkId: ["EP-CONFIG-04", /^with publicAccess Disabled only$/] },
    ],
    [
      "the whole Internet",
      { allowedAddresses: ["0.0.0.0/0"] },
      { "allowedAddresses[0]": ["EP-CONFIG-01", /never the whole Internet/] },
    ],
    [
      "an address in the form of a range",
      { sshAllowedAddresses: ["10.0.0.5/24"] },
      {
        "sshAllowedAddresses[0]": [
          "EP-CONFIG-01",
          /^10\.0\.0\.5\/32 for the address, or 10\.0\.0\.0\/24 for the range$/,
        ],
      },
    ],
    [
      "one address twice, in two forms",
      { allowedAddresses: ["20.1.2.3", "20.1.2.4", "20.1.2.3/32"] },
      { "allowedAddresses[2]": ["EP-CONFIG-05", /; allowedAddresses\[0\] is the same$/] },
    ],
    [
      "an example's address in an update",
      { allowedAddresses: ["203.0.113.10"] },
      { "allowedAddresses[0]": ["EP-CONFIG-07", /your own address/] },
    ],
    [
      "a part of an administrator's three keys",
      { adminName: "db-admins" },
      { adminObjectId: ["EP-CONFIG-02", /^all of /], adminType: ["EP-CONFIG-02", /^all of /] },
    ],
    [
      "invalid and missing parts of an administrator",
      { moreAdministrators: [{ objectId: "me", name: "on-call", kind: "Group" }] },
      {
        "moreAdministrators[0].objectId": ["EP-CONFIG-01", /GUID/],
        "moreAdministrators[0].type": ["EP-CONFIG-02", /^User, Group, ServicePrincipal$/],
        "moreAdministrators[0].kind": ["EP-CONFIG-03", /^unknown key.*; valid keys: objectId, name, type$/],
      },
    ],
    [
      "an administrator twice, in capitals",
      {
        moreAdministrators: [
          administrator("a", "x"),
          { ...administrator("a", "y"), objectId: administrator("a", "").objectId.toUpperCase() },
        ],
      },
      { "moreAdministrators[1].objectId": ["EP-CONFIG-05", /; moreAdministrators\[0\]\.objectId is the same$/] },
    ],
    [
      "two administrators of one name",
      { moreAdministrators: [administrator("a", "x"), administrator("b", "x")] },
      { "moreAdministrators[1].name": ["EP-CONFIG-05", /; moreAdministrators\[0\]\.name is the same$/] },
    ],
    [
      "the first administrator again, by id",
      { ...ADMIN, moreAdministrators: [administrator("a", "others")] },
      { "moreAdministrators[0].objectId": ["EP-CONFIG-05", /; adminObjectId is the same$/] },
    ],
    [
      "the first administrator again, by name",
      { ...ADMIN, moreAdministrators: [administrator("b", "db-admins")] },
      { "moreAdministrators[0].name": ["EP-CONFIG-05", /; adminName is the same$/] },
    ],
    [
      "an SSH key without an address that may use it",
      { sshKeyFile: file("key") },
      { sshAllowedAddresses: ["EP-CONFIG-02", /^with sshKeyFile/] },
    ],
    [
      "an SSH key that is not there",
      { sshKeyFile: file("none") },
      { sshKeyFile: ["EP-CONFIG-08", /with its public key beside it/] },
    ],
    [
      "a certificate authority that is not there",
      { databaseCaCert: file("none") },
      { databaseCaCert: ["EP-CONFIG-08", /in PEM form/] },
    ],
  ];
  for (const [name, config, reports] of rows) {
    test(name, () => assertReports(config, reports));
  }
});

describe("errors that follow from one already reported are not reported", () => {
  const invalid = (key: string): Expected => ({ [key]: ["EP-CONFIG-01", /./] });
  const wrong = { objectId: "", name: "", type: "Group" };
  const rows: [name: string, config: Record<string, unknown>, reports: Expected][] = [
    [
      "defaults of an invalid environment",
      {
        environment: "production",
        serverSku: "Standard_B1ms",
        highAvailability: "Disabled",
        allowedAddresses: ["20.1.2.3"],
      },
      invalid("environment"),
    ],
    ["an invalid tier and its sizes", { serverTier: "Small", serverSku: "Standard_D2ds_v5" }, invalid("serverTier")],
    [
      "an SSH key and invalid addresses",
      { sshKeyFile: file("key"), sshAllowedAddresses: ["everywhere"] },
      { ...invalid("sshAllowedAddresses[0]") },
    ],
    [
      "invalid administrators and their names",
      { moreAdministrators: [wrong, wrong] },
      Object.assign(
        {},
        ...[0, 1].flatMap((index) =>
          ["objectId", "name"].map((part) => invalid(`moreAdministrators[${index}].${part}`)),
        ),
      ),
    ],
  ];
  for (const [name, config, reports] of rows) {
    test(name, () => assertReports(config, reports));
  }
});
