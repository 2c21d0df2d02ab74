import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findIdentity, findServer, findVm, requireOnVm } from "entra-postgres";
import { type Calls, inputsOf, recordResources, resolved, settled, TENANT } from "../../harness/mocks.ts";

const GROUP = "/subscriptions/s/resourceGroups/rg/providers";
const VM = `${GROUP}/Microsoft.Compute/virtualMachines/orders`;
const IDENTITY = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/shared`;
const SERVER = `${GROUP}/Microsoft.DBforPostgreSQL/flexibleServers/db`;
const NIC = `${GROUP}/Microsoft.Network/networkInterfaces`;
const ADDRESS = `${GROUP}/Microsoft.Network/publicIPAddresses/one`;

const vm = (changes: object = {}) => ({
  ...{ id: VM, name: "orders", location: "westeurope", osProfile: { adminUsername: "me" } },
  storageProfile: { osDisk: { osType: "Linux" } },
  networkProfile: { networkInterfaces: [{ id: `${NIC}/a` }, { id: `${NIC}/b`, primary: true }] },
  identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY]: {} } },
  ...changes,
});
const server = (changes: object = {}) => ({
  ...{
    id: SERVER,
    name: "db",
    location: "westeurope",
    fullyQualifiedDomainName: "db.example",
    version: "17",
    state: "Ready",
  },
  authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Enabled", tenantId: TENANT },
  network: { publicNetworkAccess: "Enabled" },
  ...changes,
});
const identity = { id: IDENTITY, name: "shared", principalId: "p", clientId: "c", tenantId: TENANT };

function answers({ vm: aVm = vm(), server: aServer = server() } = {}): Calls {
  return {
    "azure-native:compute:getVirtualMachine": () => aVm,
    "azure-native:managedidentity:getUserAssignedIdentity": () => identity,
    "azure-native:dbforpostgresql:getServer": () => aServer,
    "azure-native:network:getNetworkInterface": ({ networkInterfaceName }) => ({
      ipConfigurations: [
        { privateIPAddress: "10.0.0.9" },
        {
          primary: true,
          privateIPAddress: "10.0.0.4",
          ...(networkInterfaceName === "b" ? { publicIPAddress: { id: ADDRESS } } : {}),
        },
      ],
    }),
    "azure-native:network:getPublicIPAddress": () => ({ ipAddress: "20.0.0.7" }),
  };
}
const mock = (given: Parameters<typeof answers>[0] = {}) => recordResources(false, {}, answers(given));

describe("findVm", () => {
  test("answers names, region, SSH user, the primary addresses and identities", async () => {
    await mock();
    assert.deepEqual(await findVm(VM), {
      ...{ vmId: VM, vmName: "orders", resourceGroupName: "rg", location: "westeurope", adminUsername: "me" },
      ...{ publicIpAddress: "20.0.0.7", privateIpAddress: "10.0.0.4", identityIds: [IDENTITY.toLowerCase()] },
    });
  });

  test("a VM without a public address and one without identities have none", async () => {
    const bare = vm({ networkProfile: { networkInterfaces: [{ id: `${NIC}/a` }] }, identity: undefined });
    await mock({ vm: bare });
    const { publicIpAddress, identityIds } = await findVm(VM);
    assert.deepEqual([publicIpAddress, identityIds], ["", []]);
  });

  const refused: [name: string, id: string, given: object, code: RegExp][] = [
    ["an id of another kind", IDENTITY, vm(), /EP-VM-02/],
    ["a VM of another subscription", VM.replace("/s/", "/t/"), vm(), /subscription t(.|\n)*EP-VM-06/],
    ["a VM with Windows", VM, vm({ storageProfile: { osDisk: { osType: "Windows" } } }), /Windows(.|\n)*EP-VM-05/],
  ];
  for (const [name, id, given, code] of refused) {
    test(`${name} is refused`, async () => {
      await mock({ vm: given as ReturnType<typeof vm> });
      await assert.rejects(findVm(id), code);
    });
  }

  test("a VM that Azure does not answer is refused", async () => {
    const refusal = () => {
      throw new Error();
    };
    await recordResources(false, {}, { "azure-native:compute:getVirtualMachine": refusal });
    await assert.rejects(findVm(VM), /EP-VM-03/);
  });

  test("an identity that is not on the machine is refused with the command", async () => {
    await mock();
    const found = await findVm(VM);
    requireOnVm(found, await findIdentity(IDENTITY));
    assert.throws(() => requireOnVm(found, { identityId: `${IDENTITY}2` }), /az vm identity assign(.|\n)*EP-VM-07/);
  });
});

describe("findServer", () => {
  test("answers names, host, and how it is reached and logged in to", async () => {
    await mock();
    assert.deepEqual(await findServer(SERVER), {
      ...{ serverId: SERVER, serverName: "db", resourceGroupName: "rg", location: "westeurope", host: "db.example" },
      ...{ publicAccess: true, entraEnabled: true },
    });
  });

  test("a server with a private endpoint, or inside a network, has no public access", async () => {
    const networks = [{ publicNetworkAccess: "Disabled" }, { delegatedSubnetResourceId: "/subnet" }];
    for (const network of networks) {
      await mock({ server: server({ network }) });
      assert.equal((await findServer(SERVER)).publicAccess, false);
    }
  });

  const refused: [name: string, id: string, given: object, code: RegExp][] = [
    ["an id of another kind", VM, {}, /EP-SERVER-05/],
    ["a server of another subscription", SERVER.replace("/s/", "/t/"), {}, /EP-SERVER-07/],
    [
      "a server of another tenant",
      SERVER,
      { authConfig: { activeDirectoryAuth: "Enabled", tenantId: "x" } },
      /tenant x(.|\n)*EP-SERVER-07/,
    ],
    ["PostgreSQL 15", SERVER, { version: "15" }, /EP-SERVER-08/],
    ["a stopped server", SERVER, { state: "Stopped" }, /Stopped(.|\n)*EP-SERVER-09/],
  ];
  for (const [name, id, changes, code] of refused) {
    test(`${name} is refused`, async () => {
      await mock({ server: server(changes) });
      await assert.rejects(findServer(id), code);
    });
  }
});

describe("a VM", () => {
  test("of another program has the identity that the arguments name, and no resource of its own", async () => {
    const registered = await mock();
    const { ExistingVm } = await import("entra-postgres");
    const found = new ExistingVm("orders", { vmId: VM, identityId: IDENTITY });
    const outputs = [found.identityName, found.principalId, found.clientId, found.location];
    assert.deepEqual(await Promise.all(outputs.map(resolved)), ["shared", "p", "c", "westeurope"]);
    await settled(found);
    assert.deepEqual(
      registered.map(({ type }) => type),
      ["entra-postgres:index:ExistingVm"],
    );
  });

  test("of the program takes an existing identity", async () => {
    const registered = await mock();
    const { IdentityVm } = await import("entra-postgres");
    const made = new IdentityVm("orders", { resourceGroupName: "rg", location: "westeurope", identityId: IDENTITY });
    assert.equal(await resolved(made.identityName), "shared");
    await settled(made);
    const [inputs] = inputsOf(registered, "azure-native:compute:VirtualMachine");
    assert.deepEqual(inputs?.identity, { type: "UserAssigned", userAssignedIdentities: [IDENTITY] });
    assert.deepEqual(inputsOf(registered, "azure-native:managedidentity:UserAssignedIdentity"), []);
  });
});
