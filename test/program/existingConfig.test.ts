import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertReports, type Expected, settingsOf } from "./settings.ts";

const GROUP = "/subscriptions/s/resourceGroups/rg/providers";
const VM = `${GROUP}/Microsoft.Compute/virtualMachines/Orders`;
const IDENTITY = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/shared`;
const SERVER = `${GROUP}/Microsoft.DBforPostgreSQL/flexibleServers/db`;
const SUBNET = `${GROUP}/Microsoft.Network/virtualNetworks/hub/subnets/one`;
const ZONE = `${GROUP}/Microsoft.Network/privateDnsZones/privatelink.postgres.database.azure.com`;
const OBJECT_ID = "11111111-2222-3333-4444-555555555555";
const app = (name: string, parts: object = {}) => ({ name, profile: "writer", ...parts });

test("a role is named like the VM, the identity or the principal that another program made", async () => {
  const { apps } = await settingsOf({
    apps: [
      app("a", { existingVmId: VM }),
      app("b", { existingVmId: VM, identityId: IDENTITY }),
      app("c", { identityId: `${IDENTITY}2` }),
      app("d", { objectId: OBJECT_ID, roleName: "on-call", principalType: "group" }),
    ],
  });
  assert.deepEqual(
    apps.map(({ name, profile, schema, ...identity }) => identity),
    [
      { roleName: "Orders", existingVmId: VM },
      { roleName: "shared", existingVmId: VM, identityId: IDENTITY },
      { roleName: "shared2", identityId: `${IDENTITY}2` },
      { roleName: "on-call", principal: { objectId: OBJECT_ID, type: "group" } },
    ],
  );
});

test("the defaults of Pulumi.yaml, which the engine hands over, are no settings of an existing server", async () => {
  const defaults = { postgresVersion: "17", pgBouncer: "Disabled", databasePort: "5432" };
  assert.equal((await settingsOf({ existingServerId: SERVER, ...defaults })).existingServerId, SERVER);
});

test("an existing server has no logs and closes no database unless told", async () => {
  const { server, privateDatabases, logRetentionDays } = await settingsOf({
    existingServerId: SERVER,
    environment: "prod",
    allowedAddresses: ["20.1.0.0/24"],
  });
  assert.deepEqual(
    [server.publicAccess, server.deletionProtection, privateDatabases, logRetentionDays],
    [true, false, false, undefined],
  );
  assert.equal((await settingsOf({ existingServerId: SERVER, privateDatabases: "Enabled" })).privateDatabases, true);
  assert.equal((await settingsOf({})).privateDatabases, true);
});

test("a private server and its VMs take existing subnets and the organisation's zone", async () => {
  const subnets = { vmSubnetId: SUBNET, endpointSubnetId: `${SUBNET}2`, privateDnsZoneId: ZONE };
  assert.deepEqual((await settingsOf({ publicAccess: "Disabled", ...subnets })).subnets, subnets);
  assert.deepEqual((await settingsOf({ vmSubnetId: SUBNET })).subnets, { vmSubnetId: SUBNET });
  const apps = [app("a", { existingVmId: VM })];
  const { vmSubnetId, ...endpoint } = subnets;
  assert.deepEqual((await settingsOf({ publicAccess: "Disabled", apps, ...endpoint })).subnets, endpoint);
});

describe("refused", () => {
  const rows: [name: string, config: Record<string, unknown>, reports: Expected][] = [
    [
      "ids of another kind",
      { apps: [app("a", { existingVmId: IDENTITY }), app("b", { identityId: VM })], existingServerId: VM },
      {
        "apps[0].existingVmId": ["EP-CONFIG-01", /ARM id of a virtual machine/],
        "apps[1].identityId": ["EP-CONFIG-01", /ARM id of a user-assigned identity/],
        existingServerId: ["EP-CONFIG-01", /ARM id of a flexible server/],
      },
    ],
    [
      "parts that contradict an existing VM",
      { apps: [app("a", { existingVmId: VM, vmName: "vm", roleName: "a", objectId: OBJECT_ID })] },
      {
        "apps[0].vmName": ["EP-CONFIG-04", /not beside objectId/],
        "apps[0].existingVmId": ["EP-CONFIG-04", /not beside objectId/],
      },
    ],
    [
      "a VM's name beside an identity, a role's name without an object id, an object id without a name",
      {
        apps: [
          app("a", { identityId: IDENTITY, vmName: "vm" }),
          app("b", { roleName: "x" }),
          app("c", { objectId: OBJECT_ID }),
        ],
      },
      {
        "apps[0].vmName": ["EP-CONFIG-04", /not beside identityId/],
        "apps[1].roleName": ["EP-CONFIG-04", /only beside objectId/],
        "apps[2].roleName": ["EP-CONFIG-02", /principal's name/],
      },
    ],
    [
      "one identity for two applications, and an administrator's",
      {
        apps: [
          app("a", { identityId: IDENTITY }),
          app("b", { identityId: IDENTITY }),
          app("c", { objectId: OBJECT_ID, roleName: "ops" }),
        ],
        moreAdministrators: [{ objectId: OBJECT_ID, name: "ops", type: "Group" }],
      },
      {
        "apps[1].identityId": ["EP-CONFIG-05", /apps\[0\] has the same/],
        "apps[2].roleName": ["EP-CONFIG-05", /administrator's/],
      },
    ],
    [
      "settings of a server that another program made, and extensions in a database that stays open",
      {
        existingServerId: SERVER,
        serverTier: "Burstable",
        publicAccess: "Disabled",
        schemas: [{ name: "app", extensions: ["citext"] }],
      },
      {
        serverTier: ["EP-CONFIG-04", /keeps its settings/],
        publicAccess: ["EP-CONFIG-04", /keeps its settings/],
        privateDatabases: ["EP-CONFIG-04", /schema app has extensions/],
      },
    ],
    [
      "an endpoint's subnet without zone and VMs' subnet, and subnets that nothing uses",
      { publicAccess: "Disabled", endpointSubnetId: SUBNET },
      {
        privateDnsZoneId: ["EP-CONFIG-04", /together/],
        vmSubnetId: ["EP-CONFIG-04", /for the VMs/],
      },
    ],
    [
      "subnets that nothing uses",
      { apps: [app("a", { existingVmId: VM })], vmSubnetId: SUBNET, endpointSubnetId: SUBNET, privateDnsZoneId: ZONE },
      {
        vmSubnetId: ["EP-CONFIG-04", /with a new VM only/],
        endpointSubnetId: ["EP-CONFIG-04", /publicAccess Disabled only/],
        privateDnsZoneId: ["EP-CONFIG-04", /publicAccess Disabled only/],
      },
    ],
  ];
  for (const [name, config, reports] of rows) test(name, () => assertReports(config, reports));
});
