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

describe("resource groups and rules of every type", () => {
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

  test("create refuses a resource that exists", async (t) => {
    const azure = await TestAzure.withGroup(t);
    await assert.rejects(
      azure.group(),
      /cannot create already existing resource .*pulumi import azure-native:resources:ResourceGroup/,
    );
  });

  test("a missing resource group is refused", async (t) => {
    const azure = await TestAzure.open(t);
    const made = azure.create(NETWORK, "net", {
      resourceGroupName: "nowhere",
      location: "a",
      addressSpace: { addressPrefixes: [] },
    });
    await assert.rejects(
      made,
      /Status=404 Code="ResourceGroupNotFound" Message="Resource group 'nowhere' could not be found\."/,
    );
  });

  test("a missing parent is refused", async (t) => {
    const azure = await TestAzure.withGroup(t);
    await assert.rejects(
      azure.create(SUBNET, "s", subnet({})),
      /Status=404 Code="ParentResourceNotFound" .*'net' not found/,
    );
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

  test("a subnet outside its network, an overlap and an invalid block are refused", async (t) => {
    const azure = await TestAzure.withGroup(t);
    await azure.network();
    const made = (addressPrefix: string) => azure.create(SUBNET, "s", subnet({ addressPrefix }));
    await assert.rejects(
      made("10.43.0.0/25"),
      /Code="NetcfgSubnetRangeOutsideVnet".*Choose an addressPrefix inside 10\.42\.0\.0\/24/,
    );
    await assert.rejects(
      made("10.42.0.0/26"),
      /Code="NetcfgSubnetRangesOverlap".*Subnet 'subnet' has 10\.42\.0\.0\/25/,
    );
    await assert.rejects(made("10.42.0.129/25"), /Code="InvalidCIDRNotation"/);
  });

  test("a network that would exclude its subnets is refused", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { network } = await azure.network();
    await assert.rejects(
      azure.change(network, { addressSpace: { addressPrefixes: ["10.50.0.0/24"] } }),
      /Code="NetcfgSubnetRangeOutsideVnet"/,
    );
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

  test("a Basic or Dynamic public address is refused", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const make = (inputs: Props) => azure.create(ADDRESS, "a", { resourceGroupName: "rg", ...inputs });
    await assert.rejects(make({}), /Code="IPv4BasicSkuPublicIpCountLimitReached"/);
    await assert.rejects(make({ sku: { name: "Standard" } }), /must have AllocationMethod set to Static/);
  });

  test("a network interface gets and keeps the subnet's first free address", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { subnet: home, nic } = await azure.network();
    const { nic: second } = await azure.interface("nic2", home);
    const addressOf = (outputs: Props) => (outputs.ipConfigurations as Props[])[0]?.privateIPAddress;
    assert.deepEqual([addressOf(nic.outputs), addressOf(second.outputs)], ["10.42.0.4", "10.42.0.5"]);
    assert.equal(addressOf((await azure.change(second, { tags: { a: "1" } })).outputs), "10.42.0.5");
  });

  test("a missing reference and a public address in use are refused", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { subnet: home, address } = await azure.network();
    const make = (configuration: Props) =>
      azure.create(NIC, "other", { resourceGroupName: "rg", ipConfigurations: [{ name: "one", ...configuration }] });
    await assert.rejects(make({ subnet: { id: "/none" } }), /Status=404 Code="InvalidResourceReference"/);
    const taken = { subnet: { id: home.id }, publicIPAddress: { id: address.id } };
    await assert.rejects(make(taken), /Code="PublicIPAddressInUse"/);
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

  test("security rules of one direction need distinct priorities", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const make = (...securityRules: Props[]) =>
      azure.create(SECURITY_GROUP, "nsg", { resourceGroupName: "rg", securityRules });
    const rule = { ...RULE, name: "ssh", priority: 100 };
    await assert.rejects(make(rule, { ...rule, name: "web" }), /Code="SecurityRuleConflict"/);
    await assert.rejects(make({ ...rule, priority: 99 }), /is 99: at least 100/);
    const made = await make(rule, { ...rule, name: "out", direction: "Outbound" });
    assert.equal((made.outputs.securityRules as Props[])[0]?.provisioningState, "Succeeded");
  });
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
    azure.emulator.invoke("azure-native:network:getSubnet", {}),
    /does not emulate the function azure-native:network:getSubnet/,
  );
  const token = "azure-native:authorization:getClientConfig";
  await assert.rejects(azure.emulator.invoke(token, { tenant: "x" }), /has no property "tenant"/);
  await assert.rejects(
    azure.emulator.invoke("azure-native:resources:getResource", {}),
    /missing required property "apiVersion"/,
  );
});
