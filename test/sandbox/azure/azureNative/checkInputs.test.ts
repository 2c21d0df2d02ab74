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
const PASSWORD = "Secret-1234";
const NIC = { type: "", name: "", id: "/nic", inputs: {}, outputs: {} };

/** Failures of a check of inputs that are whole but for the changes. */
async function failures(azure: TestAzure, type: string, news: Props): Promise<string[]> {
  const { failures: found } = await azure.check(type, "name", { location: "westeurope", ...news });
  return found.map(({ property, reason }) => `${property}: ${reason}`);
}

const osProfile = (linuxConfiguration: Props, more: Props = {}) =>
  machineInputs(NIC, { osProfile: { adminUsername: "azureuser", linuxConfiguration, ...more } });
const login = (...publicKeys: Props[]) => ({ disablePasswordAuthentication: true, ssh: { publicKeys } });
const KEY = { keyData: "ssh-ed25519 AAAA" };
const MISSPELT = "osProfile.linuxConfiguration.disablePasswordAuthentification";
const NOBODY = { activeDirectoryAuth: "Disabled", passwordAuth: "Disabled" };
const range = (startIpAddress: string) => ({
  ...{ location: undefined, resourceGroupName: "rg", serverName: "main-db" },
  ...{ startIpAddress, endIpAddress: "10.0.0.1" },
});

describe("the check of azure-native's inputs", () => {
  const refused: [string, string, Props, ...(string | RegExp)[]][] = [
    [
      "an unknown property gets a suggestion",
      GROUP,
      { tag: {} },
      `tag: ${GROUP} has no property "tag", did you mean "tags"?`,
    ],
    [
      "an unknown property is found at any depth",
      MACHINE,
      osProfile({ ...login(KEY), disablePasswordAuthentification: true }),
      `${MISSPELT}: ${MACHINE} has no property "${MISSPELT}", did you mean "disablePasswordAuthentication"?`,
    ],
    [
      "an unknown property is found in an array",
      MACHINE,
      machineInputs(NIC, { networkProfile: { networkInterfaces: [{ id: "/nic", primry: true }] } }),
      /^networkProfile\.networkInterfaces\[0\]\.primry: .*did you mean "primary"/,
    ],
    [
      "a property that the sandbox does not emulate is refused by name",
      MACHINE,
      machineInputs(NIC, { plan: { name: "p" } }),
      `plan: the sandbox does not emulate "plan" of ${MACHINE}: leave it out`,
    ],
    [
      "a value that the sandbox does not emulate is refused",
      NETWORK,
      { resourceGroupName: "rg", enableDdosProtection: true },
      /is true, but the sandbox emulates only false/,
    ],
    [
      "missing required properties are reported all at once",
      ADMINISTRATOR,
      { location: undefined, objectId: crypto.randomUUID() },
      ...[/^resourceGroupName:/, /^serverName:/, /^principalName:/, /^principalType:/],
    ],
    [
      "a value outside an enumeration is refused with the allowed ones",
      SERVER,
      serverInputs({ sku: { name: "Standard_B1ms", tier: "Bursty" } }),
      'sku.tier: "sku.tier" is "Bursty", allowed: "Burstable", "GeneralPurpose", "MemoryOptimized"',
    ],
    [
      "strings and numbers out of bounds are refused",
      SERVER,
      serverInputs({ serverName: "A_", backup: { backupRetentionDays: 36 }, storage: { storageSizeGB: 32.5 } }),
      /too short \(2\): at least 3/,
      /"serverName" is "A_", allowed: lower-case letters/,
      /"backup.backupRetentionDays" is 36: at most 35/,
      /"storage.storageSizeGB" must be a whole number/,
    ],
    [
      "wrong types are refused",
      GROUP,
      { managedBy: 5, tags: ["a"] },
      'tags: "tags" must be an object',
      'managedBy: "managedBy" must be a string',
    ],
    [
      "a password on a server without password logins is refused",
      SERVER,
      serverInputs({ administratorLoginPassword: PASSWORD }),
      /administratorLoginPassword is not allowed while authConfig\.passwordAuth is "Disabled"/,
    ],
    ["a server without any login is refused", SERVER, serverInputs({ authConfig: NOBODY }), /no user could log in/],
    [
      "a server with password logins needs an administrator",
      SERVER,
      serverInputs({ authConfig: undefined }),
      ...[/needs administratorLogin;/, /needs administratorLoginPassword;/],
    ],
    [
      "a password on a machine without password logins is refused",
      MACHINE,
      osProfile(login(KEY), { adminPassword: PASSWORD }),
      /adminPassword is not allowed/,
    ],
    ["a machine without password and key is refused", MACHINE, osProfile(login()), /needs at least one SSH public key/],
    [
      "a key of another kind is refused",
      MACHINE,
      osProfile(login({ keyData: "ecdsa-sha2-nistp256 AAAA" })),
      /not an SSH public key that Azure takes: ssh-rsa or ssh-ed25519/,
    ],
    [
      "a key in another file is refused",
      MACHINE,
      osProfile(login({ keyData: "ssh-rsa AAAA", path: "/root/k" })),
      /its default alone: \/home\/azureuser\/\.ssh\/authorized_keys/,
    ],
    [
      "a reserved user name is refused",
      MACHINE,
      osProfile(login(KEY), { adminUsername: "root" }),
      /"root", allowed: a Linux user name/,
    ],
    [
      "an invalid IPv4 address is refused",
      RULE,
      range("10.0.0.256"),
      'startIpAddress: "startIpAddress" is "10.0.0.256", allowed: an IPv4 address',
    ],
    ["another API version is refused", GROUP, { azureApiVersion: "2019-01-01" }, /emulates API version 2024-03-01/],
  ];
  for (const [name, type, news, ...expected] of refused) {
    test(name, async (t) => {
      const found = await failures(await TestAzure.open(t), type, news);
      assert.equal(found.length, expected.length, found.join("\n"));
      for (const wanted of expected) {
        const isWanted = (line: string) => (typeof wanted === "string" ? line === wanted : wanted.test(line));
        assert.ok(found.some(isWanted), `${wanted} is not in: ${found.join("; ")}`);
      }
      assert.ok(!found.join().includes(PASSWORD), "a message shows the password");
    });
  }

  const accepted: [string, string, Props][] = [
    ["a resource group", GROUP, { tags: { owner: "me" } }],
    ["a machine", MACHINE, machineInputs(NIC)],
    ["a server", SERVER, serverInputs()],
    [
      "unknown values of a server",
      SERVER,
      serverInputs({ resourceGroupName: UNKNOWN, authConfig: UNKNOWN, sku: UNKNOWN }),
    ],
    ["unknown values of a machine", MACHINE, machineInputs(NIC, { osProfile: UNKNOWN, networkProfile: UNKNOWN })],
    ["unknown keys of a machine", MACHINE, osProfile({ disablePasswordAuthentication: true, ssh: UNKNOWN })],
  ];
  test("valid and unknown values pass", async (t) => {
    const azure = await TestAzure.open(t);
    for (const [name, type, news] of accepted) assert.deepEqual(await failures(azure, type, news), [], name);
  });

  test("an unknown type gets a suggestion", async (t) => {
    const azure = await TestAzure.open(t);
    const check = azure.check("azure-native:network:Subnets", "n", {});
    await assert.rejects(check, /does not emulate.*did you mean "azure-native:network:Subnet"\?/);
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
