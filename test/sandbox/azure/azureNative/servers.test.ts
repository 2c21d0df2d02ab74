import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { ServerOperations } from "../../../../sandbox/azure/azureNative/servers/serverOperations.ts";
import type { Props } from "../../../../sandbox/azure/providerHost.ts";
import { type Created, FakeServer, serverInputs, TestAzure, type TestAzureOptions } from "./testAzure.ts";

const SERVER = "azure-native:dbforpostgresql:Server";
const ADMINISTRATOR = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra";
const DATABASE = "azure-native:dbforpostgresql:Database";
const CONFIGURATION = "azure-native:dbforpostgresql:Configuration";
const RULE = "azure-native:dbforpostgresql:FirewallRule";
const WHERE = { resourceGroupName: "rg", serverName: "main-db" };
const ADMIN = {
  ...WHERE,
  objectId: "11111111-2222-4333-8444-555555555555",
  principalName: "admins",
  principalType: "Group",
};

async function withServer(t: TestContext, changes: Props = {}, options: TestAzureOptions = {}) {
  const azure = await TestAzure.withGroup(t, options);
  const server = await azure.create(SERVER, "db", serverInputs(changes));
  const host = azure.servers[0];
  assert.ok(host);
  return { azure, server, host };
}

/** Creates a server in the existing resource group. */
const createServer = (azure: TestAzure) => azure.create(SERVER, "db", serverInputs());
const database = (azure: TestAzure, name: string) => azure.create(DATABASE, name, WHERE);
const parameter = (azure: TestAzure, name: string, value: string) =>
  azure.create(CONFIGURATION, name, { ...WHERE, value });
const rule = (azure: TestAzure, name: string, startIpAddress: string, endIpAddress = startIpAddress) =>
  azure.create(RULE, name, { ...WHERE, startIpAddress, endIpAddress });

describe("flexible servers", () => {
  test("the first server is localhost, the next one has the next address", async (t) => {
    const { azure, server, host } = await withServer(t);
    assert.equal(host.options.version, "18");
    assert.equal(host.options.address, "127.0.0.1");
    assert.equal(host.options.port, 5432);
    assert.equal(server.outputs.fullyQualifiedDomainName, "localhost");
    assert.equal(server.outputs.state, "Ready");
    assert.equal(server.outputs.location, "westeurope");
    assert.equal(server.outputs.availabilityZone, "1");
    assert.equal(server.outputs.administratorLoginPassword, undefined);
    assert.deepEqual(host.rules, []);
    const second = await azure.create(SERVER, "db2", serverInputs({ serverName: "other-db" }));
    assert.equal(second.outputs.fullyQualifiedDomainName, "127.0.0.2");
    assert.deepEqual([...azure.emulator.servers().keys()], ["main-db", "other-db"]);
  });

  test("a server that does not start leaves no folder and no address", async (t) => {
    const dirs: string[] = [];
    const azure = await TestAzure.open(t, {
      openServer: async (options) => {
        mkdirSync(options.dir, { recursive: true });
        if (dirs.push(options.dir) === 1) throw new Error("initdb failed");
        assert.equal(options.address, "127.0.0.1");
        return new FakeServer(options);
      },
    });
    await azure.group();
    await assert.rejects(azure.create(SERVER, "db", serverInputs()), /initdb failed/);
    assert.equal(existsSync(dirs[0] ?? ""), false);
    const server = await createServer(azure);
    await azure.delete(server);
    assert.equal(existsSync(dirs[0] ?? ""), false);
  });

  test("a GeneralPurpose sku allows high availability", async (t) => {
    const sku = { name: "Standard_D2ds_v5", tier: "GeneralPurpose" };
    const { server } = await withServer(t, { sku, highAvailability: { mode: "ZoneRedundant" } });
    assert.equal((server.outputs.highAvailability as Props).state, "Healthy");
  });

  test("a new sku restarts a server", async (t) => {
    const { azure, server, host } = await withServer(t, { storage: { storageSizeGB: 64 } });
    await azure.change(server, { sku: { name: "Standard_B2s", tier: "Burstable" } });
    assert.deepEqual(host.calls, ["restart"]);
  });

  test("deleting a server deletes its contents and frees its address", async (t) => {
    const { azure, server, host } = await withServer(t);
    await azure.create(ADMINISTRATOR, "admin", ADMIN);
    await azure.delete(server);
    assert.equal(host.state, "destroyed");
    assert.equal(azure.emulator.resources().length, 1);
    assert.ok(!host.calls.some((call) => call.startsWith("removeAdministrator")));
    await createServer(azure);
    assert.equal(azure.servers[1]?.options.address, "127.0.0.1");
  });
});

describe("refusals", () => {
  const TENANT = { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId: "x" };
  const PASSWORDS = {
    ...{ administratorLogin: "me", administratorLoginPassword: "Secret-1234" },
    authConfig: { passwordAuth: "Enabled" },
  };
  const servers: [string, Props, RegExp][] = [
    [
      "high availability with a Burstable sku",
      { highAvailability: { mode: "SameZone" } },
      /'main-db' with the Burstable/,
    ],
    ["a sku of another tier", { sku: { name: "Standard_D2s_v3", tier: "Burstable" } }, /not one of tier 'Burstable'/],
    ["a storage size that Azure does not sell", { storage: { storageSizeGB: 33 } }, /33 GiB is not valid.*32, 64/],
    ["another tenant", { authConfig: TENANT }, /Tenant 'x' is not the tenant/],
    ["a restore", { createMode: "GeoRestore" }, /does not emulate createMode "GeoRestore"/],
    [
      "a virtual network",
      { network: { delegatedSubnetResourceId: "/subnet" } },
      /emulate a server inside a virtual network/,
    ],
    ["password authentication", PASSWORDS, /does not emulate password authentication/],
  ];
  for (const [name, changes, message] of servers) {
    test(`a server with ${name} is refused`, async (t) => {
      const azure = await TestAzure.withGroup(t);
      await assert.rejects(azure.create(SERVER, "db", serverInputs(changes)), message);
      assert.equal(azure.servers.length, 0);
    });
  }

  const admin = (azure: TestAzure, changes: Props) => azure.create(ADMINISTRATOR, "admin", { ...ADMIN, ...changes });
  const cases: [string, (azure: TestAzure, server: Created) => Promise<unknown>, RegExp][] = [
    [
      "a server name of another resource group",
      async (azure) => {
        await azure.group("rg2");
        await azure.create(SERVER, "db", serverInputs({ resourceGroupName: "rg2" }));
      },
      /Status=409 Code="ServerNameAlreadyExists"/,
    ],
    ["smaller storage", (a, server) => a.change(server, { storage: { storageSizeGB: 32 } }), /shrink from 64 to 32/],
    [
      "geo-redundant backup of an existing server",
      (azure, server) => azure.change(server, { backup: { geoRedundantBackup: "Enabled" } }),
      /only be set when a server is created/,
    ],
    ["an older version", (azure, server) => azure.change(server, { version: "17" }), /cannot be downgraded/],
    ["an administrator of another tenant", (a) => admin(a, { tenantId: "x" }), /is not the tenant of the server/],
    ["an administrator without object id", (a) => admin(a, { objectId: "admins" }), /allowed: the object id/],
    ["an administrator of unknown type", (a) => admin(a, { principalType: "Unknown" }), /Use User, Group or/],
    ["a system database's name", (azure) => database(azure, "azure_sys"), /cannot create already existing resource/],
    [
      "the deletion of a system database",
      (azure, { id }) => azure.emulator.remove(`${id}/databases/postgres`),
      /system database .* cannot be deleted/,
    ],
    [
      "a new collation",
      async (azure) => azure.change(await database(azure, "app"), { collation: "C" }),
      /Code="DatabaseAlreadyExists".*replaceOnChanges/,
    ],
    ["an unknown parameter", (azure) => parameter(azure, "log_", "on"), /'log_' does not exist for server 'main-db'/],
    ["a read-only parameter", (azure) => parameter(azure, "server_version", "19"), /is read-only and is '18\.4'/],
    ["a range that ends first", (azure) => rule(azure, "one", "10.0.0.9", "10.0.0.1"), /Swap startIpAddress/],
  ];
  for (const [name, action, message] of cases) {
    test(`${name} is refused`, async (t) => {
      const { azure, server } = await withServer(t, { storage: { storageSizeGB: 64 } });
      await assert.rejects(action(azure, server), message);
    });
  }
});

describe("administrators", () => {
  test("an administrator is added to the server and removed from it", async (t) => {
    const { azure, host } = await withServer(t);
    const admin = await azure.create(ADMINISTRATOR, "admin", ADMIN);
    assert.deepEqual([...host.administrators], [[ADMIN.objectId, "admins"]]);
    assert.equal(admin.outputs.tenantId, azure.services.directory.tenantId);
    assert.equal(admin.outputs.name, ADMIN.objectId);
    await azure.delete(admin);
    assert.equal(host.administrators.size, 0);
  });

  test("a server without Entra authentication refuses an administrator", async (t) => {
    const { azure, server, host } = await withServer(t);
    await azure.emulator.change(server.id, {
      authConfig: { activeDirectoryAuth: "Disabled", passwordAuth: "Disabled" },
    });
    assert.equal(host.entraAuth, false);
    await assert.rejects(
      azure.create(ADMINISTRATOR, "admin", ADMIN),
      /Status=409 Code="AadAuthOperationCannotBePerformedWhenServerIsNotAccessible".*activeDirectoryAuth to "Enabled"/,
    );
  });

  test("a server refuses an administrator while it is updating", async (t) => {
    const [started, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const restart = () => {
      started.resolve();
      return released.promise;
    };
    const azure = await TestAzure.open(t, {
      openServer: async (options) => Object.assign(new FakeServer(options), { restart }),
    });
    await azure.group();
    const server = await azure.create(SERVER, "db", serverInputs());
    const update = azure.change(server, { sku: { name: "Standard_B2s", tier: "Burstable" } });
    await started.promise;
    assert.equal((await azure.read(server))?.outputs.state, "Updating");
    await assert.rejects(
      azure.create(ADMINISTRATOR, "admin", ADMIN),
      /AadAuthOperationCannotBePerformedWhenServerIsNotAccessible/,
    );
    released.resolve();
    await update;
    assert.equal((await azure.read(server))?.outputs.state, "Ready");
  });

  test("a server that is not accessible refuses administrators", async (t) => {
    const { azure, host } = await withServer(t);
    host.accessible = false;
    await assert.rejects(
      azure.create(ADMINISTRATOR, "admin", ADMIN),
      /Status=409 Code="AadAuthOperationCannotBePerformedWhenServerIsNotAccessible"/,
    );
    host.accessible = true;
    await azure.create(ADMINISTRATOR, "admin", ADMIN);
  });

  test("an administrator that the server refuses is not stored", async (t) => {
    const { azure, host } = await withServer(t);
    host.addAdministrator = () => Promise.reject(new Error("the principal has a role already"));
    await assert.rejects(azure.create(ADMINISTRATOR, "admin", ADMIN), /has a role already/);
    assert.ok(!azure.emulator.resources().some(({ token }) => token === ADMINISTRATOR));
  });
});

describe("one operation at a time", () => {
  test("a second operation on a busy server is refused and can be retried", async (t) => {
    const { azure } = await withServer(t, {}, { behaviour: { operationSeconds: 0.06 } });
    const [first, second] = await Promise.allSettled([
      database(azure, "app"),
      parameter(azure, "log_connections", "on"),
    ]);
    assert.equal(first.status, "fulfilled");
    assert.equal(second.status, "rejected");
    assert.match(
      String(second.reason),
      /Status=409 Code="ServerIsBusy" Message="Cannot complete operation while server 'main-db' is busy processing another operation\. Try again later\.".*dependsOn/,
    );
    await parameter(azure, "log_connections", "on");
  });

  test("operations on two servers do not meet", async (t) => {
    const { azure } = await withServer(t, {}, { behaviour: { operationSeconds: 0.06 } });
    await azure.create(SERVER, "db2", serverInputs({ serverName: "other-db" }));
    await Promise.all([database(azure, "app"), azure.create(DATABASE, "app", { ...WHERE, serverName: "other-db" })]);
  });

  test("a failed operation frees the server", async () => {
    const operations = new ServerOperations(0);
    await assert.rejects(
      operations.run("/server", "one", () => Promise.reject(new Error("failed"))),
      /failed/,
    );
    assert.equal(operations.isBusy("/SERVER"), false);
    assert.equal(await operations.run("/server", "two", async () => "done"), "done");
  });
});

describe("databases", () => {
  test("a database is created and dropped", async (t) => {
    const { azure, host } = await withServer(t);
    const made = await database(azure, "app");
    assert.deepEqual(host.calls, ["createDatabase app UTF8 en_US.utf8"]);
    assert.equal(made.outputs.charset, "UTF8");
    await azure.delete(made);
    assert.ok(!host.databases.has("app"));
  });
});

describe("parameters", () => {
  test("a parameter is set, read from the server and reset to its default", async (t) => {
    const { azure, host } = await withServer(t);
    const made = await parameter(azure, "log_connections", "on");
    assert.equal(host.parameters.get("log_connections")?.value, "on");
    assert.equal(made.outputs.defaultValue, "off");
    assert.equal(made.outputs.source, "user-override");
    await host.setConfiguration("log_connections", "all");
    assert.equal((await azure.read(made))?.inputs.value, "all");
    await azure.delete(made);
    assert.equal(host.parameters.get("log_connections")?.value, "off");
  });
});

describe("firewall rules", () => {
  test("the server applies the rules that exist", async (t) => {
    const { azure, host } = await withServer(t);
    const one = await rule(azure, "one", "10.0.0.1");
    await rule(azure, "two", "10.0.0.2", "10.0.0.9");
    assert.deepEqual(
      host.rules?.map(({ name }) => name),
      ["one", "two"],
    );
    await azure.change(one, { endIpAddress: "10.0.0.3" });
    assert.deepEqual(
      host.rules?.find(({ name }) => name === "one"),
      { name: "one", startIpAddress: "10.0.0.1", endIpAddress: "10.0.0.3" },
    );
    await azure.delete(one);
    assert.deepEqual(
      host.rules?.map(({ name }) => name),
      ["two"],
    );
  });

  test("a server without public access refuses rules and clients", async (t) => {
    const { azure, server, host } = await withServer(t);
    await rule(azure, "one", "10.0.0.1");
    await azure.change(server, { network: { publicNetworkAccess: "Disabled" } });
    assert.deepEqual(host.rules, []);
    await assert.rejects(rule(azure, "two", "10.0.0.2"), /has no public network access/);
  });
});
