import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, afterEach, before, describe, type TestContext, test } from "node:test";
import * as entraLogin from "../../../components/existingServer/serverEntraLoginRuntime.ts";
import * as serverPart from "../../../components/existingServer/serverPartRuntime.ts";
import * as vmIdentity from "../../../components/existingVm/vmIdentityRuntime.ts";
import type { ArmResource } from "../../../sandbox/azure/azureNative/engine/resourceStore.ts";
import type { Props } from "../../../sandbox/azure/providerHost.ts";
import { inEmulator, ResourceManager } from "../../../sandbox/azure/resourceManager.ts";
import { GENTLE, HARSH } from "../../../sandbox/behaviour.ts";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";
import { machineInputs, serverInputs, TestAzure } from "../../sandbox/azure/azureNative/testAzure.ts";

// What the engine calls, against the emulator of Azure Resource Manager, with a token that the real Azure SDK fetches.
const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const lines: string[] = [];
const log = console.log;
let logOut: (() => Promise<void>) | undefined;
let manager: ResourceManager;

before(async () => {
  logOut = await logInAsAdministrator({ issuer, admin: directory.add({ displayName: "admin", type: "service" }) });
  console.log = (line: string) => lines.push(line);
});
afterEach(() => manager.close());
after(async () => {
  console.log = log;
  delete process.env.ARM_ENDPOINT;
  await logOut?.();
  rmSync(dir, { recursive: true, force: true });
});

const SERVER = "azure-native:dbforpostgresql:Server";
const ADMIN = { principalName: "ops", principalType: "Group" };
const OBJECT_ID = "11111111-2222-3333-4444-555555555555";

async function azureOf(t: TestContext, behaviour = GENTLE): Promise<TestAzure> {
  const azure = await TestAzure.withGroup(t);
  manager = await ResourceManager.start({ issuer, behaviour, ...inEmulator(azure.emulator) });
  process.env.ARM_ENDPOINT = manager.url;
  return azure;
}

async function machine(t: TestContext, type: string, behaviour = GENTLE) {
  const azure = await azureOf(t, behaviour);
  const { nic } = await azure.network();
  const user = await azure.create("azure-native:managedidentity:UserAssignedIdentity", "shared", {
    ...{ resourceGroupName: "rg", resourceName: "shared" },
  });
  const users = type.includes("UserAssigned") ? { userAssignedIdentities: [user.id] } : {};
  const vm = await azure.create("azure-native:compute:VirtualMachine", "vm", {
    ...machineInputs(nic, { identity: { type, ...users } }),
  });
  return { azure, inputs: { vmId: vm.id, deadlineSeconds: 30 } };
}

async function server(
  t: TestContext,
  authConfig: Props = { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" },
) {
  const azure = await azureOf(t);
  const serverId = await azure.emulator.add(SERVER, { location: "westeurope", ...serverInputs({ authConfig }) });
  return { azure, serverId };
}

/** A resource without what every change of it changes. */
function unversioned(found: ArmResource | undefined): Props {
  const { etag, systemData, ...state } = found?.state ?? {};
  return state;
}

const typeOf = (azure: TestAzure, id: string) =>
  (azure.emulator.resource(id)?.state.identity as Props | undefined)?.type;

describe("the identity of an existing VM", () => {
  const rows: [before: string, meanwhile: string][] = [
    ["None", "SystemAssigned"],
    ["UserAssigned", "SystemAssigned, UserAssigned"],
    ["SystemAssigned", "SystemAssigned"],
    ["SystemAssigned, UserAssigned", "SystemAssigned, UserAssigned"],
  ];
  for (const [former, meanwhile] of rows) {
    test(`${former} becomes ${meanwhile}, and a delete gives ${former} back`, async (t) => {
      const { azure, inputs } = await machine(t, former);
      const there = unversioned(azure.emulator.resource(inputs.vmId));
      const { id, outs } = await vmIdentity.create(inputs);
      assert.equal(typeOf(azure, inputs.vmId), meanwhile);
      const principal = azure.services.directory.get(outs.principalId);
      assert.deepEqual([principal?.displayName, principal?.clientId], ["vm", outs.clientId]);
      assert.deepEqual(await vmIdentity.read(id, outs), { id, props: outs, inputs });
      await vmIdentity.remove(id, outs);
      assert.deepEqual(unversioned(azure.emulator.resource(inputs.vmId)), there);
    });
  }

  test("is read again as gone where somebody disabled it, and of a VM that is gone nothing is left to do", async (t) => {
    const { azure, inputs } = await machine(t, "None");
    const { id, outs } = await vmIdentity.create(inputs);
    await azure.emulator.patch(inputs.vmId, { identity: { type: "None" } });
    assert.deepEqual(await vmIdentity.read(id, outs), {});
    await vmIdentity.remove(id, outs);
    await azure.emulator.remove(inputs.vmId);
    assert.deepEqual(await vmIdentity.read(id, outs), {});
    await vmIdentity.remove(id, outs);
  });

  test("a VM that does not exist, and Azure's refusal, are errors with a code and Azure's reason", async (t) => {
    const { inputs } = await machine(t, "None");
    await assert.rejects(vmIdentity.create({ ...inputs, vmId: `${inputs.vmId}2` }), /EP-VM-03/);
    manager.refusal = { status: 403, code: "AuthorizationFailed" };
    await assert.rejects(vmIdentity.create(inputs), /AuthorizationFailed(.|\n)*EP-AZ-16/);
    manager.refusal = { status: 400, code: "BadRequest" };
    await assert.rejects(vmIdentity.create(inputs), /BadRequest(.|\n)*EP-AZ-18/);
  });

  test("another operation on the VM is waited for", async (t) => {
    const { inputs } = await machine(t, "None");
    manager.refusal = { status: 409, code: "AnotherOperationInProgress", retryAfter: 0, times: 1 };
    await vmIdentity.create({ ...inputs });
    assert.match(lines.join("\n"), /waiting for another operation on the resource/);
  });

  test("a change that Azure accepts and does later is waited for, also where requests are throttled", async (t) => {
    const { azure, inputs } = await machine(t, "None", HARSH);
    const { id, outs } = await vmIdentity.create(inputs);
    assert.equal(typeOf(azure, inputs.vmId), "SystemAssigned");
    await vmIdentity.remove(id, outs);
    assert.equal(typeOf(azure, inputs.vmId), undefined);
    assert.match(lines.join("\n"), /Azure is at work/);
  });

  test("an id of another kind is refused by check", async () => {
    const { failures } = await vmIdentity.check({} as never, { vmId: "/subscriptions/s", deadlineSeconds: 30 });
    assert.match(failures[0]?.reason ?? "", /not the ARM id of a virtual machine.*EP-VM-02/);
    manager = await ResourceManager.start({ issuer, find: () => undefined });
  });
});

describe("the logins of an existing server", () => {
  test("Microsoft Entra is enabled beside passwords, and a delete gives the server back", async (t) => {
    const { azure, serverId } = await server(t, { activeDirectoryAuth: "Disabled", passwordAuth: "Enabled" });
    const there = unversioned(azure.emulator.resource(serverId));
    const inputs = { serverId, tenantId: azure.services.directory.tenantId, deadlineSeconds: 30 };
    const { id, outs } = await entraLogin.create(inputs);
    const { authConfig } = azure.emulator.resource(serverId)?.state ?? {};
    const expected = { activeDirectoryAuth: "Enabled", passwordAuth: "Enabled", tenantId: inputs.tenantId };
    assert.deepEqual(authConfig, expected);
    assert.deepEqual(await entraLogin.read(id, outs), { id, props: outs, inputs });
    await entraLogin.remove(id, outs);
    assert.deepEqual(unversioned(azure.emulator.resource(serverId)), there);
    assert.deepEqual(await entraLogin.read(id, outs), {});
  });

  test("where they are on, nothing is changed and a delete leaves them", async (t) => {
    const { azure, serverId } = await server(t);
    const there = azure.emulator.resource(serverId);
    const { id, outs } = await entraLogin.create({ serverId, tenantId: "x", deadlineSeconds: 30 });
    await entraLogin.remove(id, outs);
    assert.deepEqual(azure.emulator.resource(serverId), there);
  });

  test("a server that does not exist is refused", async (t) => {
    const { serverId } = await server(t);
    const inputs = { serverId: `${serverId}2`, tenantId: "x", deadlineSeconds: 30 };
    await assert.rejects(entraLogin.create(inputs), /EP-SERVER-06/);
  });
});

describe("a part of an existing server", () => {
  const administrator = (serverId: string, properties: Record<string, string> = ADMIN) => ({
    ...{ serverId, path: `administrators/${OBJECT_ID}`, properties, deadlineSeconds: 30 },
  });
  const database = (serverId: string) => ({
    ...{ serverId, path: "databases/orders", deadlineSeconds: 30 },
    properties: { charset: "UTF8", collation: "en_US.utf8" },
  });
  const has = (azure: TestAzure, { serverId, path }: { serverId: string; path: string }) =>
    azure.emulator.resource(`${serverId}/${path}`) !== undefined;

  test("what is missing is created, and goes with the resource", async (t) => {
    const { azure, serverId } = await server(t);
    for (const inputs of [administrator(serverId), database(serverId)]) {
      const { id, outs } = await serverPart.create(inputs);
      assert.deepEqual([outs.found, has(azure, inputs)], [false, true]);
      assert.deepEqual(await serverPart.read(id, outs), { id, props: outs, inputs });
      await serverPart.remove(id, outs);
      assert.equal(has(azure, inputs), false);
      assert.deepEqual(await serverPart.read(id, outs), {});
    }
  });

  test("what is there is used, and stays", async (t) => {
    const { azure, serverId } = await server(t);
    for (const inputs of [administrator(serverId), database(serverId)]) {
      await serverPart.create(inputs);
      const { id, outs } = await serverPart.create(inputs);
      assert.equal(outs.found, true);
      await serverPart.remove(id, outs);
      assert.equal(has(azure, inputs), true);
    }
  });

  test("an administrator of another name is refused", async (t) => {
    const { serverId } = await server(t);
    await serverPart.create(administrator(serverId));
    const renamed = administrator(serverId, { ...ADMIN, principalName: "on-call" });
    await assert.rejects(
      serverPart.create(renamed),
      /principalName on-call(.|\n)*principalName ops(.|\n)*EP-SERVER-10/,
    );
  });
});
