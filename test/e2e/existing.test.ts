import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { sealedPublicKey } from "../../components/identityVm/sealedKey.ts";
import type { ArmResource } from "../../sandbox/azure/azureNative/engine/resourceStore.ts";
import { Program, UP } from "../../tools/harness/program.ts";

// What another program made: a VM without an identity, one with a user-assigned identity, and a server that takes passwords alone.
let program: Program;
let ids: { vm: string; other: string; identity: string; server: string; ownServer?: string };
let before0: unknown[];
let inside0: unknown;
before(async () => {
  program = await Program.start();
  await program.init("sandbox");
  ids = await makeExisting();
  before0 = records();
  inside0 = await inside();
});
after(() => program?.stop());

const UNCHANGED = ["preview", "--expect-no-changes", "--non-interactive"];
const DESTROY = ["destroy", "--yes", "--skip-preview", "--non-interactive"];
const BASE = { resourceGroupName: "theirs", location: "swedencentral" };

async function makeExisting(): Promise<typeof ids> {
  const { azure } = program.sandbox;
  const add = (token: string, inputs: object) => azure.add(`azure-native:${token}`, { ...inputs });
  await add("resources:ResourceGroup", BASE);
  const space = { addressSpace: { addressPrefixes: ["10.9.0.0/24"] } };
  await add("network:VirtualNetwork", { ...BASE, virtualNetworkName: "net", ...space });
  const subnet = {
    resourceGroupName: "theirs",
    virtualNetworkName: "net",
    subnetName: "vms",
    addressPrefix: "10.9.0.0/25",
  };
  const subnetId = await add("network:Subnet", subnet);
  const identity = await add("managedidentity:UserAssignedIdentity", { ...BASE, resourceName: "shared" });
  const machine = async (vmName: string, more: object) => {
    const address = { publicIpAddressName: vmName, sku: { name: "Standard" }, publicIPAllocationMethod: "Static" };
    const addressId = await add("network:PublicIPAddress", { ...BASE, ...address });
    const ipConfigurations = [{ name: "primary", subnet: { id: subnetId }, publicIPAddress: { id: addressId } }];
    const nic = await add("network:NetworkInterface", { ...BASE, networkInterfaceName: vmName, ipConfigurations });
    return add("compute:VirtualMachine", { ...BASE, vmName, ...vmInputs(vmName, nic), ...more });
  };
  const vm = await machine("legacy-vm", {});
  const users = { identity: { type: "UserAssigned", userAssignedIdentities: [identity] } };
  const other = await machine("other-vm", users);
  const server = await add("dbforpostgresql:Server", {
    ...BASE,
    ...{
      serverName: "legacy-db",
      version: "18",
      availabilityZone: "",
      sku: { name: "Standard_B1ms", tier: "Burstable" },
    },
    authConfig: { activeDirectoryAuth: "Disabled", passwordAuth: "Enabled" },
  });
  const rule = { firewallRuleName: "office", startIpAddress: "198.51.100.1", endIpAddress: "198.51.100.9" };
  const inServer = { resourceGroupName: "theirs", serverName: "legacy-db" };
  await add("dbforpostgresql:FirewallRule", { ...inServer, ...rule });
  await add("dbforpostgresql:Database", {
    ...inServer,
    databaseName: "legacy",
    charset: "UTF8",
    collation: "en_US.utf8",
  });
  // As on a server with passwords, where a database belongs to who created it and may be handed over.
  await azure.servers().get("legacy-db")?.asService("ALTER DATABASE legacy OWNER TO azure_pg_admin");
  await azure.servers().get("legacy-db")?.asService("CREATE TABLE kept AS SELECT 7 AS number", "legacy");
  return { vm, other, identity, server };
}

function vmInputs(computerName: string, nic: string) {
  const publicKeys = [{ path: "/home/azureuser/.ssh/authorized_keys", keyData: sealedPublicKey() }];
  return {
    identity: { type: "None" },
    hardwareProfile: { vmSize: "Standard_B2ats_v2" },
    osProfile: {
      ...{ computerName, adminUsername: "azureuser" },
      linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys } },
    },
    storageProfile: {
      imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
      osDisk: { createOption: "FromImage", managedDisk: { storageAccountType: "StandardSSD_LRS" } },
    },
    networkProfile: { networkInterfaces: [{ id: nic, primary: true }] },
  };
}

/** All that Azure has of the other program's resources, without what every change of one changes. */
function records(): unknown[] {
  const theirs = program.sandbox.azure.resources().filter(({ id }) => id.includes("/resourceGroups/theirs"));
  return theirs.map(({ state, ...rest }: ArmResource) => {
    const { etag, systemData, ...same } = state;
    return { ...rest, state: same };
  });
}

/** Without a key for SSH, which the other program's VM does not know. */
const noKey = { sshKeyFile: "", sshAllowedAddresses: [] };
const onServer = () => ({ existingServerId: ids.server, postgresVersion: "" });

async function upAndBack(config: object, prove: () => Promise<void>): Promise<void> {
  program.configure({ ...noKey, ...config });
  await program.succeed(UP);
  await prove();
  await program.succeed(UNCHANGED);
  await program.succeed(DESTROY);
  assert.deepEqual(records(), before0);
  assert.deepEqual(await inside(), inside0);
}

/** What is in the other program's server: roles, memberships, databases with their rights, and rows. */
async function inside(): Promise<unknown> {
  const server = program.sandbox.azure.servers().get("legacy-db");
  const roles = "SELECT rolname::text, rolcanlogin FROM pg_roles ORDER BY 1";
  const members = "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members ORDER BY 1, 2";
  const databases = `SELECT datname::text, datdba::regrole::text AS owner,
    array(SELECT privilege_type FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 ORDER BY 1) AS public
    FROM pg_database ORDER BY 1`;
  const all = await Promise.all([roles, members, databases].map((query) => server?.asService(query)));
  return [...all, await server?.asService("SELECT number FROM kept", "legacy")];
}

const receiptOf = async (app: string) => (await program.outputs()).receipts[app] ?? {};

describe("a destroy gives back what it found", () => {
  test("existing VM and server: identity and Microsoft Entra are enabled, the login is proved", async () => {
    const apps = [
      { name: "legacy", profile: "migrator", existingVmId: ids.vm },
      { name: "jobs", profile: "reader", schema: "legacy", existingVmId: ids.other, identityId: ids.identity },
    ];
    const schemas = [{ name: "legacy", schema: "orders", database: "legacy" }];
    await upAndBack({ apps, schemas, ...onServer() }, async () => {
      assert.equal((await receiptOf("legacy")).sessionUser, "legacy-vm");
      assert.equal((await receiptOf("jobs")).sessionUser, "shared");
      const rules = program.sandbox.azure.resources().filter(({ token }) => token.endsWith(":FirewallRule"));
      assert.ok(rules.some(({ id }) => id.endsWith("/office")));
    });
  });

  test("existing VM, new server", async () => {
    await upAndBack({ apps: [{ name: "legacy", profile: "writer", existingVmId: ids.vm }] }, async () => {
      assert.equal((await receiptOf("legacy")).sessionUser, "legacy-vm");
    });
  });

  test("new VM, existing server, a group without a VM, and databases closed to others", async () => {
    const { directory } = program.sandbox;
    const group = directory.add({ displayName: "readers", type: "group" });
    const apps = [
      { name: "shop", profile: "owner", vmName: "shop-vm" },
      {
        name: "people",
        profile: "reader",
        schema: "shop",
        objectId: group.objectId,
        roleName: "readers",
        principalType: "group",
      },
    ];
    const config = { apps, databaseName: "legacy", ...onServer(), privateDatabases: "Enabled" };
    await upAndBack(config, async () => {
      assert.equal((await receiptOf("shop")).sessionUser, "shop-vm");
      assert.match(String((await receiptOf("people")).connectionTest), /not run/);
    });
  });
});

test("what does not fit is refused before anything is changed", async () => {
  const rows: [config: object, code: RegExp][] = [
    [{ apps: [{ name: "a", profile: "writer", existingVmId: `${ids.vm}-none` }] }, /EP-VM-03/],
    [{ apps: [{ name: "a", profile: "writer", existingVmId: ids.vm, identityId: ids.identity }] }, /EP-VM-07/],
    [{ apps: [{ name: "a", profile: "writer", existingVmId: ids.vm }], location: "northeurope" }, /EP-VM-06/],
    [{ ...onServer(), existingServerId: `${ids.server}-none` }, /EP-SERVER-06/],
    [
      { ...onServer(), existingServerId: ids.server.replace(/subscriptions\/[^/]+/, "subscriptions/other") },
      /EP-SERVER-07/,
    ],
  ];
  for (const [config, code] of rows) {
    program.configure({ ...noKey, apps: [{ name: "a", profile: "writer", vmName: "a-vm" }], ...config });
    assert.match(await program.fail(UP), code);
  }
  const made = (await program.resources()).filter(({ type }) => !type.startsWith("pulumi:"));
  assert.deepEqual(
    made.map(({ urn }) => urn),
    [],
  );
  assert.deepEqual(records(), before0);
});
