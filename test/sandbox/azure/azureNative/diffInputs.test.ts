import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Props, UNKNOWN } from "../../../../sandbox/azure/providerHost.ts";
import { machineInputs, serverInputs, TestAzure } from "./testAzure.ts";

const GROUP = "azure-native:resources:ResourceGroup";
const ADDRESS = "azure-native:network:PublicIPAddress";
const NIC = "azure-native:network:NetworkInterface";
const MACHINE = "azure-native:compute:VirtualMachine";
const SERVER = "azure-native:dbforpostgresql:Server";
const DATABASE = "azure-native:dbforpostgresql:Database";

describe("what a change does", () => {
  const sku = (name: string) => ({ name });
  const user = (adminUsername: string) => ({ adminUsername });
  const group = (id: string) => ({ id });
  const cases: [string, string, string, unknown, unknown, "" | "updates" | "replaces"][] = [
    ["a tag is changed in place", GROUP, "tags", { a: "1" }, { a: "2" }, "updates"],
    ["a new name replaces", GROUP, "resourceGroupName", "a", "b", "replaces"],
    ["a resource group's new region replaces it", GROUP, "location", "a", "b", "replaces"],
    ["a region's other spelling is no change", GROUP, "location", "West Europe", "westeurope", ""],
    ["a network interface's new region does not replace it", NIC, "location", "a", "b", "updates"],
    [
      "an id's other case is no change",
      NIC,
      "networkSecurityGroup",
      group("/subscriptions/A"),
      group("/subscriptions/a"),
      "",
    ],
    ["another text's other case is a change", NIC, "networkSecurityGroup", group("A"), group("a"), "updates"],
    ["a public address's new sku replaces it", ADDRESS, "sku", sku("Basic"), sku("Standard"), "replaces"],
    ["a machine's new user is tried in place", MACHINE, "osProfile", user("a"), user("b"), "updates"],
    ["a machine's new name replaces it", MACHINE, "vmName", "a", "b", "replaces"],
    ["a server's new version is no replacement", SERVER, "version", "17", "18", "updates"],
    ["a server's administrator login replaces it", SERVER, "administratorLogin", "a", undefined, "replaces"],
    ["a server's new zone replaces it", SERVER, "availabilityZone", "1", "2", "replaces"],
    ["a server's empty zone changes nothing", SERVER, "availabilityZone", undefined, "", ""],
    ["a database's new server replaces it", DATABASE, "serverName", "a", "b", "replaces"],
    ["a name that is not known yet replaces", DATABASE, "serverName", "a", UNKNOWN, "replaces"],
    ["an absent property equals null", SERVER, "tags", null, undefined, ""],
  ];
  for (const [name, type, property, before, after, effect] of cases) {
    test(name, async (t) => {
      const azure = await TestAzure.open(t);
      const [oldInputs, news] = [{ [property]: before }, { [property]: after }];
      assert.deepEqual(
        await azure.emulator.diff({ urn: "", type, name: "n", id: "/id", oldInputs, oldOutputs: {}, news }),
        {
          changes: effect !== "",
          diffs: effect === "" ? [] : [property],
          replaces: effect === "replaces" ? [property] : [],
          deleteBeforeReplace: effect === "replaces",
        },
      );
    });
  }

  test("an added property that equals Azure's answer does not replace", async (t) => {
    const azure = await TestAzure.open(t);
    const request = { urn: "", type: SERVER, name: "n", id: "/id", oldInputs: {}, news: { availabilityZone: "1" } };
    assert.deepEqual((await azure.emulator.diff({ ...request, oldOutputs: { availabilityZone: "1" } })).replaces, []);
    assert.deepEqual((await azure.emulator.diff({ ...request, oldOutputs: { availabilityZone: "2" } })).replaces, [
      "availabilityZone",
    ]);
  });

  test("a resource with an automatic name is created before the old one is deleted", async (t) => {
    const azure = await TestAzure.open(t);
    const oldInputs = { location: "a", __createBeforeDelete: true };
    const request = { urn: "", type: GROUP, name: "n", id: "/id", oldInputs, oldOutputs: {}, news: { location: "b" } };
    assert.equal((await azure.emulator.diff(request)).deleteBeforeReplace, false);
  });
});

describe("what a preview shows", () => {
  test("inputs are known, every other output is unknown, and nothing is created", async (t) => {
    const azure = await TestAzure.open(t);
    const nic = { type: "", name: "", id: "/nic", inputs: {}, outputs: {} };
    const { outputs } = await azure.preview(MACHINE, "vm", { location: "westeurope", ...machineInputs(nic) });
    assert.equal(outputs.location, "westeurope");
    assert.equal(outputs.name, UNKNOWN);
    assert.equal(outputs.vmId, UNKNOWN);
    const identity = outputs.identity as Props;
    assert.equal(identity.type, "SystemAssigned");
    assert.equal(identity.principalId, UNKNOWN);
    assert.deepEqual(azure.emulator.resources(), []);
    assert.equal(azure.machines.length, 0);
  });

  test("a PostgreSQL version that the sandbox lacks is refused only at creation", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { outputs } = await azure.preview(SERVER, "db", serverInputs({ version: "17" }));
    assert.equal(outputs.version, "17");
    await assert.rejects(azure.create(SERVER, "db", serverInputs({ version: "17" })), /no PostgreSQL 17/);
    assert.equal(azure.emulator.servers().size, 0);
    assert.equal(azure.emulator.resources().length, 1);
  });

  test("an update keeps name and location known", async (t) => {
    const azure = await TestAzure.open(t);
    const group = await azure.group();
    const request = {
      urn: "",
      type: GROUP,
      name: "rg",
      id: group.id,
      oldOutputs: group.outputs,
      preview: true,
      peer: "",
    };
    const { outputs } = await azure.emulator.update({ ...request, inputs: { ...group.inputs, tags: { a: "1" } } });
    assert.equal(outputs.name, "rg");
    assert.deepEqual(outputs.tags, { a: "1" });
    assert.deepEqual(azure.emulator.resources()[0]?.state.tags, undefined);
  });
});

describe("what a refresh finds", () => {
  test("a refresh without drift changes nothing", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const server = await azure.create(SERVER, "db", serverInputs());
    const found = await azure.read(server);
    assert.deepEqual(found?.inputs, server.inputs);
    assert.deepEqual(found?.outputs, server.outputs);
  });

  test("a refresh finds drift in inputs and outputs without Azure's defaults", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const server = await azure.create(SERVER, "db", serverInputs({ storage: { storageSizeGB: 32 } }));
    await azure.emulator.change(server.id, { tags: { owner: "someone" }, storage: { storageSizeGB: 64 } });
    const found = await azure.read(server);
    assert.deepEqual(found?.inputs.tags, { owner: "someone" });
    assert.deepEqual(found?.inputs.storage, { storageSizeGB: 64 });
    assert.equal(found?.inputs.highAvailability, undefined);
    const back = await azure.change({ ...server, inputs: found?.inputs ?? {} }, { storage: { storageSizeGB: 128 } });
    assert.deepEqual(back.diffs, ["storage"]);
  });

  test("a refresh finds that a resource is gone", async (t) => {
    const azure = await TestAzure.open(t);
    const group = await azure.group();
    await azure.emulator.remove(group.id);
    assert.equal(await azure.read(group), undefined);
  });

  test("a refresh finds a resource in any case of its id", async (t) => {
    const azure = await TestAzure.open(t);
    const group = await azure.group();
    assert.equal((await azure.read({ ...group, id: group.id.toUpperCase() }))?.outputs.name, "rg");
  });

  test("an import finds valid inputs", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const server = await azure.create(SERVER, "db", serverInputs());
    const found = await azure.read({ ...server, inputs: {}, outputs: {} });
    assert.equal(found?.inputs.serverName, "main-db");
    assert.equal(found?.inputs.resourceGroupName, "rg");
    assert.equal(found?.inputs.version, "18");
    assert.equal(found?.inputs.fullyQualifiedDomainName, undefined);
    const { failures } = await azure.check(SERVER, "db", found?.inputs ?? {});
    assert.deepEqual(failures, []);
  });
});
