import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Created, serverInputs, TestAzure } from "./testAzure.ts";

const ENDPOINT = "azure-native:network:PrivateEndpoint";
const ZONE_GROUP = "azure-native:network:PrivateDnsZoneGroup";
const ZONE = "azure-native:privatedns:PrivateZone";
const LINK = "azure-native:privatedns:VirtualNetworkLink";
const SERVER = "azure-native:dbforpostgresql:Server";
const FIREWALL = "azure-native:dbforpostgresql:FirewallRule";
const ZONE_NAME = "privatelink.postgres.database.azure.com";

/** A network and a server without a public endpoint. */
async function privateContext(t: TestContext) {
  const azure = await TestAzure.withGroup(t);
  const { network, subnet } = await azure.network();
  const server = await azure.create(SERVER, "db", serverInputs({ network: { publicNetworkAccess: "Disabled" } }));
  return { azure, network, subnet, server };
}

const endpointInputs = (subnet: Created, server: Created) => ({
  resourceGroupName: "rg",
  privateEndpointName: "endpoint",
  location: "westeurope",
  subnet: { id: subnet.id },
  privateLinkServiceConnections: [{ name: "server", privateLinkServiceId: server.id, groupIds: ["postgresqlServer"] }],
});
const zoneInputs = { resourceGroupName: "rg", privateZoneName: ZONE_NAME, location: "global" };
const linkInputs = (network: Created) => ({
  resourceGroupName: "rg",
  privateZoneName: ZONE_NAME,
  virtualNetworkLinkName: "link",
  location: "global",
  registrationEnabled: false,
  virtualNetwork: { id: network.id },
});

test("clients can connect to a private server only through its endpoint", async (t) => {
  const { azure, subnet, server } = await privateContext(t);
  const [host] = azure.servers;
  assert.deepEqual(host?.rules, []);
  const endpoint = await azure.create(ENDPOINT, "endpoint", endpointInputs(subnet, server));
  assert.equal(host?.rules, undefined, "no firewall");
  assert.deepEqual(endpoint.outputs.customDnsConfigs, [
    { fqdn: server.outputs.fullyQualifiedDomainName, ipAddresses: ["10.42.0.5"] },
  ]);
  const seen = await azure.read(server);
  assert.deepEqual(seen?.outputs.privateEndpointConnections, [
    { privateEndpoint: { id: endpoint.id }, provisioningState: "Succeeded" },
  ]);
  await azure.delete(endpoint);
  assert.deepEqual(host?.rules, []);
});

test("a restarted server still accepts connections through its endpoint", async (t) => {
  const { azure, subnet, server } = await privateContext(t);
  await azure.create(ENDPOINT, "endpoint", endpointInputs(subnet, server));
  await azure.emulator.close();
  const again = await TestAzure.open(t, { stateDir: azure.services.stateDir });
  assert.equal(again.servers[0]?.rules, undefined);
});

test("a firewall rule of a private server is refused", async (t) => {
  const { azure } = await privateContext(t);
  const rule = { resourceGroupName: "rg", serverName: "main-db", startIpAddress: "20.0.0.7", endIpAddress: "20.0.0.7" };
  await assert.rejects(
    azure.create(FIREWALL, "here", rule),
    /OperationNotSupported.*which has no public network access/,
  );
});

test("a subnet with an endpoint's address cannot be deleted", async (t) => {
  const { azure, subnet, server } = await privateContext(t);
  const endpoint = await azure.create(ENDPOINT, "endpoint", endpointInputs(subnet, server));
  await assert.rejects(azure.delete(subnet), /InUseSubnetCannotBeDeleted/);
  const [{ id }] = endpoint.outputs.networkInterfaces as [{ id: string }];
  assert.equal(azure.emulator.resource(id)?.token, "azure-native:network:NetworkInterface");
  await azure.delete(endpoint);
  assert.equal(azure.emulator.resource(id), undefined);
});

test("an endpoint to a missing server or another sub-resource is refused", async (t) => {
  const { azure, subnet, server } = await privateContext(t);
  const inputs = endpointInputs(subnet, server);
  const to = (changes: object) => ({
    ...inputs,
    privateLinkServiceConnections: [{ ...inputs.privateLinkServiceConnections[0], ...changes }],
  });
  await assert.rejects(
    azure.create(ENDPOINT, "endpoint", to({ privateLinkServiceId: `${server.id}-other` })),
    /InvalidResourceReference.*to a flexible server that exists/,
  );
  await assert.rejects(
    azure.create(ENDPOINT, "endpoint", to({ groupIds: ["postgres"] })),
    /groupIds\[0\].*allowed: "postgresqlServer"/,
  );
});

test("a zone takes one link a network and is deleted after its links", async (t) => {
  const { azure, network, subnet, server } = await privateContext(t);
  const zone = await azure.create(ZONE, "zone", zoneInputs);
  const link = await azure.create(LINK, "link", linkInputs(network));
  assert.equal(link.outputs.virtualNetworkLinkState, "Completed");
  await assert.rejects(
    azure.create(LINK, "link2", { ...linkInputs(network), virtualNetworkLinkName: "link2" }),
    /cannot be linked to multiple zones/,
  );
  await azure.create(ENDPOINT, "endpoint", endpointInputs(subnet, server));
  const group = (privateDnsZoneId: string) => ({
    resourceGroupName: "rg",
    privateEndpointName: "endpoint",
    privateDnsZoneGroupName: "default",
    privateDnsZoneConfigs: [{ name: "postgres", privateDnsZoneId }],
  });
  await assert.rejects(azure.create(ZONE_GROUP, "names", group(`${zone.id}-other`)), /InvalidResourceReference/);
  await azure.create(ZONE_GROUP, "names", group(zone.id));
  await assert.rejects(azure.delete(zone), /CannotDeleteResource.*has the link 'link'/);
  await azure.delete(link);
  await azure.delete(zone);
});

test("a zone needs the location global and a name of two labels", async (t) => {
  const azure = await TestAzure.withGroup(t);
  await assert.rejects(azure.create(ZONE, "zone", { ...zoneInputs, location: "westeurope" }), /only "global"/);
  await assert.rejects(azure.create(ZONE, "zone", { ...zoneInputs, privateZoneName: "postgres" }), /2 to 34 labels/);
});
