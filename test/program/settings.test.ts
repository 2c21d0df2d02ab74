import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { defaultText } from "../../program/config/key.ts";
import type { ConfigErrorCode } from "../../program/config/problems.ts";
import { SCHEMA } from "../../program/config/schema.ts";
import { REGIONS, REGIONS_DATE } from "./regionsTable.ts";
import { assertReports, type Circumstances, reportsOf, settingsOf } from "./settings.ts";

const PEM = "-----BEGIN CERTIFICATE-----";
const folder = mkdtempSync(join(tmpdir(), "settings-"));
const file = (name: string) => join(folder, name);
before(() => {
  for (const name of ["key", "alone"]) writeFileSync(file(name), "PRIVATE");
  writeFileSync(file("key.pub"), "ssh-ed25519 AAAA public\n");
  writeFileSync(file("ca.pem"), PEM);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const administrator = (digit: string, name: string) => ({
  objectId: `${digit.repeat(8)}-2222-3333-4444-55555555555a`,
  name,
  type: "Group",
});
const ADMIN = { adminObjectId: administrator("a", "").objectId, adminName: "db-admins", adminType: "Group" };
const ID = "/subscriptions/1/resourceGroups/runners/providers/Microsoft.Network/virtualNetworks/runners";

test("an empty configuration is a complete stack", async () => {
  const settings = await settingsOf({});
  assert.deepEqual(settings.apps, [
    {
      name: "app",
      roleName: "entra-postgres-test",
      vmName: "entra-postgres-test",
      profile: "migrator",
      schema: "app",
    },
  ]);
  assert.deepEqual(settings.vm, {
    vmSize: "Standard_B2ats_v2",
    identityType: "SystemAssigned",
    sshAllowedAddresses: [],
  });
  assert.deepEqual(settings.ssh, { sshPort: 22 });
  assert.deepEqual([settings.environment, settings.location, settings.server.port], ["dev", "swedencentral", 5432]);
  assert.deepEqual([settings.administrator, settings.certificateAuthority], [undefined, undefined]);
});

test("each environment has the defaults of the schema", async () => {
  for (const environment of ENVIRONMENTS) {
    const { server, logRetentionDays } = await settingsOf({ environment });
    const { skuTier, skuName, availabilityZone, standbyAvailabilityZone, postgresVersion, port, ...same } = server;
    const read: Record<string, unknown> = { ...same, serverTier: skuTier, serverSku: skuName };
    for (const [name, value] of Object.entries(read)) {
      const key = SCHEMA[name as "serverTier"];
      assert.equal(value, key.type.parse(defaultText(key, environment)), `${environment}: ${name}`);
    }
    const isProd = environment === "prod";
    assert.deepEqual([availabilityZone, standbyAvailabilityZone], isProd ? ["1", "2"] : [undefined, undefined]);
    assert.equal(logRetentionDays, { dev: undefined, test: 30, prod: 90 }[environment]);
    assert.deepEqual([postgresVersion, port], ["17", 5432]);
  }
});

describe("accepted configurations", () => {
  const prod = (config: object) => ({ environment: "prod", ...config });
  const server = (availabilityZone?: string, standbyAvailabilityZone?: string) => ({
    server: { availabilityZone, standbyAvailabilityZone },
  });
  const more = [administrator("b", "x"), administrator("a", "y")];
  const rows: [name: string, config: Record<string, unknown>, settings: object, circumstances?: Circumstances][] = [
    ["a key overrides the environment", prod({ storageSizeGb: "256" }), { server: { storageSizeGb: 256 } }],
    [
      "another tier has its own size",
      prod({ serverTier: "MemoryOptimized" }),
      { server: { skuName: "Standard_E2ds_v5" } },
    ],
    [
      "a Burstable server has no standby",
      prod({ serverTier: "Burstable" }),
      { server: { highAvailability: "Disabled" } },
    ],
    ["disabled diagnostics keep no logs", prod({ diagnostics: "Disabled" }), { logRetentionDays: undefined }],
    ["the standby gets the other zone of the pair", prod({ availabilityZone: "2" }), server("2", "1")],
    ["any leaves the server's zone to Azure", prod({ availabilityZone: "any" }), server(undefined, "2")],
    ["any leaves the standby's zone to Azure", prod({ standbyAvailabilityZone: "any" }), server("1", undefined)],
    ["without ZoneRedundant no zone is chosen", prod({ highAvailability: "SameZone" }), server()],
    ["a stated zone needs no standby", { availabilityZone: "3" }, server("3")],
    [
      "a private server joins a network",
      { runnerNetworkId: ID, publicAccess: "Disabled" },
      { runnerNetwork: { runnerNetworkId: ID } },
    ],
    ["a preview accepts an example's address", { allowedAddresses: ["203.0.113.10"] }, {}, { preview: true }],
    ["more administrators keep their order", { moreAdministrators: more }, { moreAdministrators: more }],
    ["an administrator can be stated", ADMIN, { administrator: administrator("a", "db-admins") }],
    [
      "an authority is a file and its PEM",
      { databaseCaCert: file("ca.pem") },
      { certificateAuthority: { file: file("ca.pem"), pem: PEM } },
    ],
    [
      "addresses become firewall rules, in their order",
      { allowedAddresses: ["20.1.2.8/29", "20.1.2.8"] },
      { allowedAddresses: [{ endIpAddress: "20.1.2.15" }, { name: "allow-20-1-2-8", endIpAddress: "20.1.2.8" }] },
    ],
    [
      "an SSH key is read with its public half",
      { sshKeyFile: file("key"), sshAllowedAddresses: ["20.1.2.3"] },
      { ssh: { sshPrivateKey: "PRIVATE" }, vm: { sshPublicKey: "ssh-ed25519 AAAA public" } },
    ],
    ...[
      ["Burstable", "Standard_B20ms"],
      ["GeneralPurpose", "Standard_D96ads_v5"],
      ["GeneralPurpose", "Standard_DC4ads_v5"],
      ["MemoryOptimized", "Standard_EC8ads_v5"],
    ].map(([serverTier, serverSku]): [string, Record<string, unknown>, object] => [
      `${serverSku} is a size of ${serverTier}`,
      { serverTier, serverSku },
      { server: { skuName: serverSku } },
    ]),
  ];
  for (const [name, config, settings, circumstances] of rows) {
    test(name, async () => assert.partialDeepStrictEqual(await settingsOf(config, circumstances), settings));
  }
});

/** A configuration, the only key with a problem, and what is said to be allowed. */
type Row = [name: string, config: Record<string, unknown>, key: string, allowed: RegExp];

describe("refused configurations", () => {
  const prod = { environment: "prod" };
  const example = "203.0.113.10";
  const more = (...administrators: unknown[]) => ({ moreAdministrators: administrators });
  const capitals = { ...administrator("a", "y"), objectId: administrator("a", "").objectId.toUpperCase() };
  const rows: Partial<Record<ConfigErrorCode, Row[]>> = {
    "EP-CONFIG-01": [
      ["the whole Internet", { allowedAddresses: ["0.0.0.0/0"] }, "allowedAddresses[0]", /never the whole Internet/],
      [
        "a range with host bits",
        { allowedAddresses: ["10.0.0.5/24"] },
        "allowedAddresses[0]",
        /^10.0.0.5.32 .*10.0.0.0.24 /,
      ],
    ],
    "EP-CONFIG-02": [
      ["two keys of an administrator", { ...ADMIN, adminObjectId: "" }, "adminObjectId", /^all of /],
      ["an SSH key that no address may use", { sshKeyFile: file("key") }, "sshAllowedAddresses", /^with sshKeyFile/],
    ],
    "EP-CONFIG-04": [
      ["a size of another tier", { serverSku: "Standard_D2ds_v5" }, "serverSku", /^with serverTier Burstable, a size/],
      ["a standby of a Burstable server", { highAvailability: "SameZone" }, "highAvailability", /Burstable, Disabled$/],
      ["a zone without a standby", { standbyAvailabilityZone: "2" }, "standbyAvailabilityZone", /ZoneRedundant only/],
      ["a standby in the server's zone", { ...prod, standbyAvailabilityZone: "1" }, "standbyAvailabilityZone", /, 1$/],
      ["addresses of a private server", { ...prod, allowedAddresses: ["20.1.2.3"] }, "allowedAddresses", /^none with/],
      ["a network of a public server", { runnerNetworkId: ID }, "runnerNetworkId", /^with publicAccess Disabled only$/],
    ],
    "EP-CONFIG-05": [
      [
        "one address in two forms",
        { allowedAddresses: ["20.1.2.3", "20.1.2.3/32"] },
        "allowedAddresses[1]",
        /s\[0\] is/,
      ],
      [
        "one object id in capitals",
        more(administrator("a", "x"), capitals),
        "moreAdministrators[1].objectId",
        /\[0\].obj/,
      ],
      [
        "two of one name",
        more(administrator("a", "x"), administrator("b", "x")),
        "moreAdministrators[1].name",
        /\[0\].name/,
      ],
      [
        "the first by id",
        { ...ADMIN, ...more(administrator("a", "x")) },
        "moreAdministrators[0].objectId",
        /adminObjectId/,
      ],
      [
        "the first by name",
        { ...ADMIN, ...more(administrator("b", "db-admins")) },
        "moreAdministrators[0].name",
        /adminName/,
      ],
    ],
    "EP-CONFIG-07": [
      ["an example's address", { allowedAddresses: [example] }, "allowedAddresses[0]", /your own address/],
    ],
    "EP-CONFIG-08": [
      ["an SSH key without its public key", { sshKeyFile: file("alone") }, "sshKeyFile", /with its public key/],
      ["a missing SSH key", { sshKeyFile: file("none") }, "sshKeyFile", /with its public key beside it/],
      ["a missing certificate authority", { databaseCaCert: file("none") }, "databaseCaCert", /in PEM form/],
    ],
  };
  for (const [code, ofCode] of Object.entries(rows) as [ConfigErrorCode, Row[]][]) {
    for (const [name, config, key, allowed] of ofCode) {
      test(`${code}: ${name}`, () => assertReports(config, { [key]: [code, allowed] }));
    }
  }

  test("invalid, missing and unknown parts of an administrator", () =>
    assertReports(
      { moreAdministrators: [{ objectId: "me", name: "on-call", kind: "Group" }] },
      {
        "moreAdministrators[0].objectId": ["EP-CONFIG-01", /GUID/],
        "moreAdministrators[0].type": ["EP-CONFIG-02", /^User, Group, ServicePrincipal$/],
        "moreAdministrators[0].kind": ["EP-CONFIG-03", /^unknown key.*; valid keys: objectId, name, type$/],
      },
    ));

  test("every invalid value at once", () => {
    const rows: [key: string, value: unknown, allowed: RegExp, path?: string][] = [
      ["environment", "production", /^dev, test, prod$/],
      ["databasePort", "0x10", /^a whole number from 1 to 65535$/],
      ["backupRetentionDays", "36", /^a whole number from 7 to 35$/],
      ["identityType", "None", /^SystemAssigned, UserAssigned$/],
      ["storageAutoGrow", "true", /^Enabled, Disabled$/],
      ["storageSizeGb", "33", /^32, 64, 128, .*, 32767$/],
      ["serverSku", "Standard_Foo", /^a compute size/],
      ["resourceGroupName", "ends.", /^1 to 90/],
      ["runnerNetworkId", "runners", /^the ARM id of a virtual network$/],
      ["availabilityZone", "none", /^1, 2 or 3.*or any/],
      ["allowedAddresses", "20.1.2.3", /^a list, each item a text$/],
      ["sshAllowedAddresses", ["20.1.2.3", { cidr: "20.1.2.4" }], /^a text$/, "sshAllowedAddresses[1]"],
    ];
    const config = Object.fromEntries(rows);
    return assertReports(
      config,
      Object.fromEntries(rows.map(([key, , allowed, path = key]) => [path, ["EP-CONFIG-01", allowed]])),
    );
  });
});

describe("errors that follow from one already reported are not reported", () => {
  const more = { objectId: "", name: "", type: "Group" };
  const rows: [name: string, config: Record<string, unknown>, invalid: string[]][] = [
    [
      "defaults of an invalid environment",
      { environment: "x", serverSku: "Standard_B1ms", highAvailability: "Disabled", allowedAddresses: ["20.1.2.3"] },
      ["environment"],
    ],
    ["zones with an invalid standby", { highAvailability: "x", standbyAvailabilityZone: "2" }, ["highAvailability"]],
    [
      "a standby beside an invalid zone",
      { environment: "prod", availabilityZone: "9", standbyAvailabilityZone: "1" },
      ["availabilityZone"],
    ],
    ["sizes of an invalid tier", { serverTier: "Small", serverSku: "Standard_D2ds_v5" }, ["serverTier"]],
    [
      "an SSH key and invalid addresses",
      { sshKeyFile: file("key"), sshAllowedAddresses: ["x"] },
      ["sshAllowedAddresses[0]"],
    ],
    [
      "invalid administrators that are equal",
      { moreAdministrators: [more, more] },
      [0, 1].flatMap((index) => ["objectId", "name"].map((part) => `moreAdministrators[${index}].${part}`)),
    ],
  ];
  for (const [name, config, invalid] of rows) {
    test(name, () => assertReports(config, Object.fromEntries(invalid.map((key) => [key, ["EP-CONFIG-01", /./]]))));
  }
});

test("a CI job must name the administrator, because each job has an identity of its own", async () => {
  for (const ci of ["GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI"]) {
    const [report] = await reportsOf({}, { ci });
    assert.deepEqual([report?.key, report?.code], ["adminObjectId", "EP-CONFIG-02"]);
    assert.match(report?.allowed ?? "", new RegExp(`in a CI job \\(${ci} is set\\) an administrator`));
    assert.deepEqual((await settingsOf(ADMIN, { ci })).administrator?.name, "db-admins");
  }
});

test("PgBouncer is for applications, and not on Burstable servers", async () => {
  const settings = await settingsOf({ serverTier: "GeneralPurpose", pgBouncer: "Enabled" });
  assert.deepEqual([settings.server.pgBouncer, settings.server.port], [true, 5432]);
  for (const [config, key, allowed] of [
    [{ pgBouncer: "Enabled" }, "pgBouncer", "with serverTier Burstable, Disabled"],
    [{ serverTier: "GeneralPurpose", databasePort: "6432" }, "databasePort", "the server's own port"],
  ] as const) {
    const [report] = await reportsOf(config);
    assert.deepEqual([report?.key, report?.code], [key, "EP-CONFIG-04"]);
    assert.ok(report?.allowed.startsWith(allowed), report?.allowed);
  }
});

test(`a new subscription can create each environment's server by default, says Azure's table of ${REGIONS_DATE}`, async () => {
  for (const environment of ENVIRONMENTS) {
    const { location, server } = await settingsOf({ environment }, { preview: true });
    const region = REGIONS[location];
    assert.ok(region, `${location} is not in the table`);
    assert.equal(region.onRequest, false);
    if (server.highAvailability === "ZoneRedundant") assert.equal(region.zoneRedundant, "yes");
    if (server.geoRedundantBackup) assert.ok(region.geoRedundantBackup);
    const [, generation] = /_(v\d+)$/.exec(server.skuName) ?? [];
    if (generation !== undefined) assert.ok(region.intel.includes(generation), `${server.skuName} in ${location}`);
  }
});
