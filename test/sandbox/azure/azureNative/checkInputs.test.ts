import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ipv4Block } from "../../../../sandbox/azure/azureNative/network/ipv4Range.ts";
import { type Props, UNKNOWN } from "../../../../sandbox/azure/providerHost.ts";
import { machineInputs, serverInputs, TestAzure } from "./testAzure.ts";

const GROUP = "azure-native:resources:ResourceGroup";
const NETWORK = "azure-native:network:VirtualNetwork";
const SUBNET = "azure-native:network:Subnet";
const MACHINE = "azure-native:compute:VirtualMachine";
const SERVER = "azure-native:dbforpostgresql:Server";
const ADMINISTRATOR = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra";
const RULE = "azure-native:dbforpostgresql:FirewallRule";
const NIC = { type: "", name: "", id: "/nic", inputs: {}, outputs: {} };

/** Failures of a check of inputs that are whole but for the changes. */
async function failures(azure: TestAzure, type: string, news: Props): Promise<string[]> {
  const { failures: found } = await azure.check(type, "name", { location: "westeurope", ...news });
  return found.map(({ property, reason }) => `${property}: ${reason}`);
}

describe("the check of azure-native's inputs", () => {
  test("valid inputs pass", async (t) => {
    const azure = await TestAzure.open(t);
    assert.deepEqual(await failures(azure, GROUP, { tags: { owner: "me" } }), []);
    assert.deepEqual(await failures(azure, MACHINE, machineInputs(NIC)), []);
    assert.deepEqual(await failures(azure, SERVER, serverInputs()), []);
  });

  test("an unknown type gets a suggestion", async (t) => {
    const azure = await TestAzure.open(t);
    await assert.rejects(
      azure.check("azure-native:network:Subnets", "n", {}),
      /does not emulate.*did you mean "azure-native:network:Subnet"\?/,
    );
  });

  test("an unknown property gets a suggestion", async (t) => {
    const azure = await TestAzure.open(t);
    assert.deepEqual(await failures(azure, GROUP, { tag: {} }), [
      `tag: ${GROUP} has no property "tag", did you mean "tags"?`,
    ]);
  });

  test("an unknown property is found at any depth, in arrays too", async (t) => {
    const azure = await TestAzure.open(t);
    const inputs = machineInputs(NIC) as { osProfile: { linuxConfiguration: Props } };
    inputs.osProfile.linuxConfiguration.disablePasswordAuthentification = true;
    assert.deepEqual(await failures(azure, MACHINE, inputs), [
      "osProfile.linuxConfiguration.disablePasswordAuthentification: azure-native:compute:VirtualMachine has no property " +
        '"osProfile.linuxConfiguration.disablePasswordAuthentification", did you mean "disablePasswordAuthentication"?',
    ]);
    const networkProfile = { networkInterfaces: [{ id: "/nic", primry: true }] };
    const [found] = await failures(azure, MACHINE, machineInputs(NIC, { networkProfile }));
    assert.match(found ?? "", /^networkProfile\.networkInterfaces\[0\]\.primry: .*did you mean "primary"/);
  });

  test("a property that the sandbox does not emulate is refused by name", async (t) => {
    const azure = await TestAzure.open(t);
    assert.deepEqual(await failures(azure, MACHINE, machineInputs(NIC, { plan: { name: "p" } })), [
      `plan: the sandbox does not emulate "plan" of ${MACHINE}: leave it out`,
    ]);
  });

  test("a value that the sandbox does not emulate is refused", async (t) => {
    const azure = await TestAzure.open(t);
    const [found] = await failures(azure, NETWORK, { resourceGroupName: "rg", enableDdosProtection: true });
    assert.match(found ?? "", /is true, but the sandbox emulates only false/);
  });

  test("missing required properties are reported all at once", async (t) => {
    const azure = await TestAzure.open(t);
    const found = await failures(azure, ADMINISTRATOR, { location: undefined, objectId: crypto.randomUUID() });
    assert.deepEqual(
      found.map((line) => line.split(":")[0]),
      ["resourceGroupName", "serverName", "principalName", "principalType"],
    );
  });

  test("a value outside an enumeration is refused with the allowed ones", async (t) => {
    const azure = await TestAzure.open(t);
    const sku = { name: "Standard_B1ms", tier: "Bursty" };
    assert.deepEqual(await failures(azure, SERVER, serverInputs({ sku })), [
      'sku.tier: "sku.tier" is "Bursty", allowed: "Burstable", "GeneralPurpose", "MemoryOptimized"',
    ]);
  });

  test("strings and numbers out of bounds are refused", async (t) => {
    const azure = await TestAzure.open(t);
    const found = await failures(
      azure,
      SERVER,
      serverInputs({ serverName: "A_", backup: { backupRetentionDays: 36 }, storage: { storageSizeGB: 32.5 } }),
    );
    assert.match(found.join("\n"), /too short \(2\): at least 3/);
    assert.match(found.join("\n"), /"serverName" is "A_", allowed: lower-case letters/);
    assert.match(found.join("\n"), /"backup.backupRetentionDays" is 36: at most 35/);
    assert.match(found.join("\n"), /"storage.storageSizeGB" must be a whole number/);
  });

  test("wrong types are refused", async (t) => {
    const azure = await TestAzure.open(t);
    const found = await failures(azure, GROUP, { managedBy: 5, tags: ["a"] });
    assert.deepEqual(found, ['tags: "tags" must be an object', 'managedBy: "managedBy" must be a string']);
  });

  test("a server with contradictory login settings is refused", async (t) => {
    const azure = await TestAzure.open(t);
    const administratorLoginPassword = "Secret-1234";
    const found = await failures(azure, SERVER, serverInputs({ administratorLoginPassword }));
    assert.match(
      found.join("\n"),
      /administratorLoginPassword is not allowed while authConfig\.passwordAuth is "Disabled"/,
    );
    assert.ok(!found.join("\n").includes(administratorLoginPassword), "the message shows the password");
    const nobody = { activeDirectoryAuth: "Disabled", passwordAuth: "Disabled" };
    assert.match(
      (await failures(azure, SERVER, serverInputs({ authConfig: nobody }))).join("\n"),
      /nobody could log in/,
    );
    const withoutPassword = await failures(azure, SERVER, serverInputs({ authConfig: undefined }));
    assert.match(withoutPassword.join("\n"), /needs administratorLogin;/);
  });

  test("a machine with contradictory login settings is refused", async (t) => {
    const azure = await TestAzure.open(t);
    const linux = (linuxConfiguration: Props, more: Props = {}) =>
      machineInputs(NIC, { osProfile: { adminUsername: "azureuser", linuxConfiguration, ...more } });
    const keys = { publicKeys: [{ keyData: "ssh-ed25519 AAAA" }] };
    const both = linux({ disablePasswordAuthentication: true, ssh: keys }, { adminPassword: "Secret-1234" });
    assert.match((await failures(azure, MACHINE, both)).join(), /adminPassword is not allowed/);
    const noKey = linux({ disablePasswordAuthentication: true });
    assert.match((await failures(azure, MACHINE, noKey)).join(), /needs at least one SSH public key/);
    const ecdsa = linux({
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ keyData: "ecdsa-sha2-nistp256 AAAA" }] },
    });
    assert.match(
      (await failures(azure, MACHINE, ecdsa)).join(),
      /not an SSH public key that Azure takes: ssh-rsa or ssh-ed25519/,
    );
    const path = linux({
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ keyData: "ssh-rsa AAAA", path: "/root/k" }] },
    });
    assert.match(
      (await failures(azure, MACHINE, path)).join(),
      /its default alone: \/home\/azureuser\/\.ssh\/authorized_keys/,
    );
  });

  test("a reserved user name is refused", async (t) => {
    const azure = await TestAzure.open(t);
    const osProfile = { ...(machineInputs(NIC).osProfile as Props), adminUsername: "root" };
    assert.match(
      (await failures(azure, MACHINE, machineInputs(NIC, { osProfile }))).join(),
      /"root", allowed: a Linux user name/,
    );
  });

  test("an invalid IPv4 address is refused", async (t) => {
    const azure = await TestAzure.open(t);
    const rule = {
      location: undefined,
      resourceGroupName: "rg",
      serverName: "main-db",
      startIpAddress: "10.0.0.256",
      endIpAddress: "10.0.0.1",
    };
    assert.deepEqual(await failures(azure, RULE, rule), [
      'startIpAddress: "startIpAddress" is "10.0.0.256", allowed: an IPv4 address',
    ]);
  });

  test("another API version is refused", async (t) => {
    const azure = await TestAzure.open(t);
    assert.match(
      (await failures(azure, GROUP, { azureApiVersion: "2019-01-01" })).join(),
      /emulates API version 2024-03-01/,
    );
  });

  test("unknown values pass", async (t) => {
    const azure = await TestAzure.open(t);
    assert.deepEqual(
      await failures(azure, SERVER, serverInputs({ resourceGroupName: UNKNOWN, authConfig: UNKNOWN, sku: UNKNOWN })),
      [],
    );
    assert.deepEqual(
      await failures(azure, MACHINE, machineInputs(NIC, { osProfile: UNKNOWN, networkProfile: UNKNOWN })),
      [],
    );
    const linux = {
      adminUsername: "azureuser",
      linuxConfiguration: { disablePasswordAuthentication: true, ssh: UNKNOWN },
    };
    assert.deepEqual(await failures(azure, MACHINE, machineInputs(NIC, { osProfile: linux })), []);
  });
});

describe("defaults of the check", () => {
  test("an automatic name ends in eight hexadecimal digits from the seed", async (t) => {
    const azure = await TestAzure.open(t);
    const { inputs } = await azure.check(GROUP, "group", { location: "westeurope" });
    assert.match(String(inputs.resourceGroupName), /^group[0-9a-f]{8}$/);
    assert.equal(inputs.__createBeforeDelete, true);
    const again = await azure.check(GROUP, "group", { location: "westeurope" });
    assert.equal(again.inputs.resourceGroupName, inputs.resourceGroupName);
  });

  test("an old automatic name stays, and the program's name wins", async (t) => {
    const azure = await TestAzure.open(t);
    const olds = { resourceGroupName: "group12345678", __createBeforeDelete: true };
    const kept = await azure.check(GROUP, "group", { location: "westeurope" }, olds);
    assert.equal(kept.inputs.resourceGroupName, "group12345678");
    assert.equal(kept.inputs.__createBeforeDelete, true);
    const named = await azure.check(GROUP, "group", { location: "westeurope", resourceGroupName: "mine" }, olds);
    assert.equal(named.inputs.resourceGroupName, "mine");
    assert.equal(named.inputs.__createBeforeDelete, undefined);
  });

  test("a child resource gets its logical name", async (t) => {
    const azure = await TestAzure.open(t);
    const { inputs } = await azure.check(SUBNET, "subnet", { resourceGroupName: "rg", virtualNetworkName: "net" });
    assert.equal(inputs.subnetName, "subnet");
    assert.equal(inputs.__createBeforeDelete, undefined);
  });

  test("the location is the configured one, else the resource group's", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const location = async (news: Props) => (await azure.check(NETWORK, "net", news)).inputs.location;
    assert.equal(await location({ resourceGroupName: "rg" }), "westeurope");
    assert.equal(await location({ resourceGroupName: UNKNOWN }), UNKNOWN);
    azure.emulator.configure("", { location: "northeurope" });
    assert.equal(await location({ resourceGroupName: "rg" }), "northeurope");
    assert.equal(
      (await azure.check(SUBNET, "s", { resourceGroupName: "rg", virtualNetworkName: "n" })).inputs.location,
      undefined,
    );
  });

  test("a subscription that is not the sandbox's is refused", async (t) => {
    const azure = await TestAzure.open(t);
    assert.throws(
      () => azure.emulator.configure("", { subscriptionId: crypto.randomUUID() }),
      /The sandbox has the subscription/,
    );
  });
});

test("an IPv4 block has no bits behind its prefix", () => {
  assert.deepEqual(ipv4Block("10.0.0.0/30"), { first: 10 * 2 ** 24, last: 10 * 2 ** 24 + 3 });
  for (const block of ["10.0.0.1/30", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/8/8", "256.0.0.0/8"]) {
    assert.equal(ipv4Block(block), undefined, block);
  }
});
