import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Props } from "../../../../sandbox/azure/providerHost.ts";
import { SUBSCRIPTION, TestAzure } from "./testAzure.ts";

const NETWORK = "azure-native:network:VirtualNetwork";
const SUBNET = "azure-native:network:Subnet";
const ADDRESS = "azure-native:network:PublicIPAddress";
const NIC = "azure-native:network:NetworkInterface";
const SECURITY_GROUP = "azure-native:network:NetworkSecurityGroup";
const RULE = { direction: "Inbound", access: "Allow", protocol: "Tcp" };

function subnet(changes: Props): Props {
  return { resourceGroupName: "rg", virtualNetworkName: "net", addressPrefix: "10.42.0.128/25", ...changes };
}

describe("resource groups and rules for all types", () => {
  test("an id in ARM's form, a normal location, type, name and API version", async (t) => {
    const azure = await TestAzure.open(t);
    const group = await azure.group();
    assert.equal(group.id, `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`);
    assert.deepEqual(group.outputs, {
      azureApiVersion: "2024-03-01",
      location: "westeurope",
      name: "rg",
      properties: { provisioningState: "Succeeded" },
      type: "Microsoft.Resources/resourceGroups",
    });
  });

  test("a new region is refused where azure-native does not replace", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const group = await azure.create(SECURITY_GROUP, "nsg", { resourceGroupName: "rg", location: "westeurope" });
    await assert.rejects(
      azure.change(group, { location: "northeurope" }),
      /Code="InvalidResourceLocation".*replaceOnChanges/,
    );
    assert.deepEqual((await azure.change(group, { location: "West Europe" })).changes, false);
  });

  test("deleting a resource group deletes what is in it, and in no other", async (t) => {
    const azure = await TestAzure.open(t);
    const group = await azure.group();
    await azure.group("rg2");
    await azure.network();
    await azure.delete(group);
    assert.deepEqual(
      azure.emulator.resources().map(({ id }) => id),
      [`/subscriptions/${SUBSCRIPTION}/resourceGroups/rg2`],
    );
  });

  test("deleting a missing resource succeeds", async (t) => {
    const azure = await TestAzure.open(t);
    const group = await azure.group();
    await azure.delete(group);
    await azure.delete(group);
  });

  test("a type that is not emulated is refused at every step", async (t) => {
    const azure = await TestAzure.open(t);
    const request = { urn: "", type: "azure-native:keyvault:Vault", name: "v", id: "/v", outputs: {}, peer: "" };
    await assert.rejects(
      azure.emulator.delete(request),
      /does not emulate the resource type azure-native:keyvault:Vault/,
    );
  });
});

describe("networks", () => {
  test("a subnet lies inside its network", async (t) => {
    const azure = await TestAzure.withGroup(t);
    await azure.network();
    const made = await azure.create(SUBNET, "second", subnet({}));
    assert.ok(made.id.endsWith("/providers/Microsoft.Network/virtualNetworks/net/subnets/second"), made.id);
    assert.equal(made.outputs.type, "Microsoft.Network/virtualNetworks/subnets");
    assert.equal(made.outputs.location, undefined);
  });

  test("public addresses are distinct loopback addresses, and freed ones are reused", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const make = (name: string) =>
      azure.create(ADDRESS, name, {
        resourceGroupName: "rg",
        sku: { name: "Standard" },
        publicIPAllocationMethod: "Static",
      });
    const [first, second] = [await make("a"), await make("b")];
    assert.deepEqual([first.outputs.ipAddress, second.outputs.ipAddress], ["127.0.0.1", "127.0.0.2"]);
    await azure.delete(first);
    assert.equal((await make("c")).outputs.ipAddress, "127.0.0.1");
  });

  test("a network interface gets and keeps the subnet's first free address", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { subnet: home, nic } = await azure.network();
    const { nic: second } = await azure.interface("nic2", home);
    const addressOf = (outputs: Props) => (outputs.ipConfigurations as Props[])[0]?.privateIPAddress;
    assert.deepEqual([addressOf(nic.outputs), addressOf(second.outputs)], ["10.42.0.4", "10.42.0.5"]);
    assert.equal(addressOf((await azure.change(second, { tags: { a: "1" } })).outputs), "10.42.0.5");
  });

  test("network resources in use cannot be deleted", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { network, subnet: home, address, nic } = await azure.network();
    const group = await azure.create(SECURITY_GROUP, "nsg", {
      resourceGroupName: "rg",
      networkSecurityGroupName: "nsg",
    });
    await azure.change(home, { networkSecurityGroup: { id: group.id } });
    await assert.rejects(azure.delete(address), /Status=400 Code="PublicIPAddressCannotBeDeleted"/);
    await assert.rejects(azure.delete(home), /Code="InUseSubnetCannotBeDeleted"/);
    await assert.rejects(azure.delete(network), /Code="InUseSubnetCannotBeDeleted"/);
    await assert.rejects(azure.delete(group), /Code="InUseNetworkSecurityGroupCannotBeDeleted"/);
    await azure.delete(nic);
    await azure.delete(home);
    await azure.delete(address);
    await azure.delete(group);
    await azure.delete(network);
  });

  test("security rules of two directions can have one priority", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const make = (...securityRules: Props[]) =>
      azure.create(SECURITY_GROUP, "nsg", { resourceGroupName: "rg", securityRules });
    const rule = { ...RULE, name: "ssh", priority: 100 };
    const made = await make(rule, { ...rule, name: "out", direction: "Outbound" });
    assert.equal((made.outputs.securityRules as Props[])[0]?.provisioningState, "Succeeded");
  });
});

describe("refusals", () => {
  const lone = (azure: TestAzure, inputs: Props, type = ADDRESS) =>
    azure.create(type, "a", { resourceGroupName: "rg", ...inputs });
  const child = (azure: TestAzure, addressPrefix: string) => azure.create(SUBNET, "s", subnet({ addressPrefix }));
  const nic = (azure: TestAzure, configuration: Props) =>
    lone(azure, { ipConfigurations: [{ name: "one", ...configuration }] }, NIC);
  const SSH = { ...RULE, name: "ssh", priority: 100 };
  const rules = (azure: TestAzure, ...securityRules: Props[]) => lone(azure, { securityRules }, SECURITY_GROUP);
  const NOWHERE = { resourceGroupName: "nowhere", addressSpace: { addressPrefixes: [] } };
  type Parts = Awaited<ReturnType<TestAzure["network"]>>;
  const cases: [string, (azure: TestAzure, parts: Parts) => Promise<unknown>, RegExp][] = [
    ["a resource that exists", (azure) => azure.group(), /already existing resource .*pulumi import azure-native:/],
    [
      "a missing resource group",
      (azure) => lone(azure, { ...NOWHERE, location: "a" }, NETWORK),
      /Status=404 Code="ResourceGroupNotFound" Message="Resource group 'nowhere' could not be found\."/,
    ],
    [
      "a missing parent",
      (azure) => azure.create(SUBNET, "s", subnet({ virtualNetworkName: "none" })),
      /Status=404 Code="ParentResourceNotFound" .*'none' not found/,
    ],
    [
      "a subnet outside its network",
      (azure) => child(azure, "10.43.0.0/25"),
      /Code="NetcfgSubnetRangeOutsideVnet".*Choose an addressPrefix inside 10\.42\.0\.0\/24/,
    ],
    [
      "an interface that moves to another network",
      async (azure, parts) => {
        const { nic: made } = await azure.interface("moving", parts.subnet);
        const other = { resourceGroupName: "rg", addressSpace: { addressPrefixes: ["10.99.0.0/24"] } };
        const network = await azure.create(NETWORK, "other", other);
        const names = { resourceGroupName: "rg", virtualNetworkName: network.outputs.name };
        const there = await azure.create(SUBNET, "there", { ...names, addressPrefix: "10.99.0.0/25" });
        return azure.change(made, { ipConfigurations: [{ name: "one", subnet: { id: there.id } }] });
      },
      /Code="NetworkInterfaceCannotChangeNetwork"/,
    ],
    [
      "an overlap of subnets",
      (azure) => child(azure, "10.42.0.0/26"),
      /Code="NetcfgSubnetRangesOverlap".*Subnet 'subnet' has 10\.42\.0\.0\/25/,
    ],
    ["an invalid block", (azure) => child(azure, "10.42.0.129/25"), /Code="InvalidCIDRNotation"/],
    [
      "a network that would exclude its subnets",
      (azure, { network }) => azure.change(network, { addressSpace: { addressPrefixes: ["10.50.0.0/24"] } }),
      /Code="NetcfgSubnetRangeOutsideVnet"/,
    ],
    ["a Basic public address", (azure) => lone(azure, {}), /Code="IPv4BasicSkuPublicIpCountLimitReached"/],
    ["a Dynamic public address", (azure) => lone(azure, { sku: { name: "Standard" } }), /set to Static/],
    [
      "a missing reference",
      (azure) => nic(azure, { subnet: { id: "/none" } }),
      /Status=404 Code="InvalidResourceReference"/,
    ],
    [
      "a public address in use",
      (azure, parts) => nic(azure, { subnet: { id: parts.subnet.id }, publicIPAddress: { id: parts.address.id } }),
      /Code="PublicIPAddressInUse"/,
    ],
    ["a repeated priority", (azure) => rules(azure, SSH, { ...SSH, name: "web" }), /Code="SecurityRuleConflict"/],
    ["a priority out of bounds", (azure) => rules(azure, { ...SSH, priority: 99 }), /is 99: at least 100/],
  ];
  for (const [name, action, message] of cases) {
    test(`${name} is refused`, async (t) => {
      const azure = await TestAzure.withGroup(t);
      const parts = await azure.network();
      await assert.rejects(action(azure, parts), message);
    });
  }
});

test("getClientConfig answers the deployer's identity", async (t) => {
  const azure = await TestAzure.open(t);
  const { deployer, directory } = azure.services;
  assert.deepEqual(await azure.emulator.invoke("azure-native:authorization:getClientConfig", {}), {
    clientId: deployer.clientId,
    objectId: deployer.objectId,
    subscriptionId: SUBSCRIPTION,
    tenantId: directory.tenantId,
  });
});

test("unknown functions and wrong arguments are refused", async (t) => {
  const azure = await TestAzure.open(t);
  await assert.rejects(
    azure.emulator.invoke("azure-native:network:getLoadBalancer", {}),
    /does not emulate the function azure-native:network:getLoadBalancer/,
  );
  const token = "azure-native:authorization:getClientConfig";
  await assert.rejects(azure.emulator.invoke(token, { tenant: "x" }), /has no property "tenant"/);
  await assert.rejects(
    azure.emulator.invoke("azure-native:resources:getResource", {}),
    /missing required property "apiVersion"/,
  );
});
