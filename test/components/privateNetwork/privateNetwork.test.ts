import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { inputsOf, recordResources, resolved, settled } from "../../harness/mocks.ts";

const base = { resourceGroupName: "rg", location: "westeurope", tags: { stack: "test" } };
const RUNNERS =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ci/providers/Microsoft.Network/virtualNetworks/runners";

async function networkWith(args: object) {
  const registered = await recordResources();
  const { PrivateNetwork } = await import("entra-postgres");
  const network = new PrivateNetwork("app", { ...base, ...args });
  const outputs = {
    machineSubnetId: await resolved(network.machineSubnetId),
    endpointSubnetId: await resolved(network.endpointSubnetId),
    privateZoneId: await resolved(network.privateZoneId),
  };
  await settled(network);
  return { registered, outputs };
}

test("VMs and endpoints have subnets of their own, behind security groups that let nothing in", async () => {
  const { registered, outputs } = await networkWith({});
  const subnets = inputsOf(registered, "azure-native:network:Subnet");
  assert.deepEqual(
    subnets.map(({ addressPrefix, networkSecurityGroup }) => [
      addressPrefix,
      (networkSecurityGroup as { id: string }).id,
    ]),
    [
      ["10.42.0.0/24", "app-machines-nsg-id"],
      ["10.42.1.0/28", "app-endpoints-nsg-id"],
    ],
  );
  for (const group of inputsOf(registered, "azure-native:network:NetworkSecurityGroup")) {
    assert.deepEqual(group.securityRules, []);
    assert.deepEqual(group.tags, base.tags);
  }
  assert.deepEqual(outputs, {
    machineSubnetId: "app-machines-id",
    endpointSubnetId: "app-endpoints-id",
    privateZoneId: "app-zone-id",
  });
});

test("the network resolves names in the zone of PostgreSQL's private links", async () => {
  const { registered } = await networkWith({});
  const [zone] = inputsOf(registered, "azure-native:privatedns:PrivateZone");
  assert.equal(zone?.privateZoneName, "privatelink.postgres.database.azure.com");
  assert.equal(zone?.location, "global");
  const links = inputsOf(registered, "azure-native:privatedns:VirtualNetworkLink");
  assert.deepEqual(
    links.map(({ virtualNetwork, registrationEnabled }) => [virtualNetwork, registrationEnabled]),
    [[{ id: "app-net-id" }, false]],
  );
  assert.deepEqual(inputsOf(registered, "azure-native:network:VirtualNetworkPeering"), []);
});

test("the runners' network is peered from both sides and resolves the server's name, too", async () => {
  const { registered } = await networkWith({ runnerNetworkId: RUNNERS });
  const peerings = inputsOf(registered, "azure-native:network:VirtualNetworkPeering");
  assert.deepEqual(
    peerings.map(({ resourceGroupName, virtualNetworkName, remoteVirtualNetwork }) => [
      resourceGroupName,
      virtualNetworkName,
      (remoteVirtualNetwork as { id: string }).id,
    ]),
    [
      ["rg", "app-net", RUNNERS],
      ["ci", "runners", "app-net-id"],
    ],
  );
  const links = inputsOf(registered, "azure-native:privatedns:VirtualNetworkLink");
  assert.deepEqual(
    new Set(links.map(({ virtualNetwork }) => (virtualNetwork as { id: string }).id)),
    new Set(["app-net-id", RUNNERS]),
  );
});

test("the DNS zone is that of the deployment's cloud", async () => {
  for (const [cloud, zone] of [
    ["usgovernment", "privatelink.postgres.database.usgovcloudapi.net"],
    ["china", "privatelink.postgres.database.chinacloudapi.cn"],
  ]) {
    process.env.ARM_ENVIRONMENT = cloud;
    const { registered } = await networkWith({});
    delete process.env.ARM_ENVIRONMENT;
    assert.equal(inputsOf(registered, "azure-native:privatedns:PrivateZone")[0]?.privateZoneName, zone);
  }
});

test("what is no network's id is refused with the form of one", async () => {
  await recordResources();
  const { PrivateNetwork } = await import("entra-postgres");
  assert.throws(
    () => new PrivateNetwork("bad", { ...base, runnerNetworkId: "runners" }),
    (error: pulumi.InputPropertyError) => {
      assert.ok(error instanceof pulumi.InputPropertyError);
      assert.equal(error.propertyPath, "runnerNetworkId");
      assert.match(error.reason, /"runners", not the ARM id of a virtual network/);
      return true;
    },
  );
});
