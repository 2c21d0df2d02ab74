import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type ArmRequest, answerArmRequest } from "../../../sandbox/azure/armRequests.ts";
import type { ArmResource } from "../../../sandbox/azure/azureNative/engine/resourceStore.ts";
import type { Props } from "../../../sandbox/azure/providerHost.ts";
import { machineInputs, serverInputs, TestAzure } from "./azureNative/testAzure.ts";

const MACHINE = "azure-native:compute:VirtualMachine";
const SERVER = "azure-native:dbforpostgresql:Server";
const READER = { objectId: "11111111-2222-3333-4444-555555555555", principalName: "ops", principalType: "Group" };

async function machine(t: TestContext, identity: Props) {
  const azure = await TestAzure.withGroup(t);
  const { nic } = await azure.network();
  const vm = await azure.create(MACHINE, "vm", machineInputs(nic, { identity }));
  const user = await azure.create("azure-native:managedidentity:UserAssignedIdentity", "shared", {
    ...{ resourceGroupName: "rg", resourceName: "shared" },
  });
  return { azure, vm, user, ask: asker(azure) };
}

async function server(t: TestContext, changes: Props = {}) {
  const azure = await TestAzure.withGroup(t);
  const id = await azure.emulator.add(SERVER, { location: "westeurope", ...serverInputs(changes) });
  return { azure, id, ask: asker(azure) };
}

function asker(azure: TestAzure) {
  return (method: string, path: string, body?: Props) => {
    const request: ArmRequest = body === undefined ? { method, path } : { method, path, body };
    return answerArmRequest(azure.emulator, request) as Promise<Props>;
  };
}

/** A resource without what every change of it changes. */
function unversioned(found: ArmResource | undefined): Props {
  const { etag, systemData, ...state } = found?.state ?? {};
  return { ...found, state };
}

describe("a virtual machine", () => {
  test("a PATCH of the identity's type leaves the rest as it is", async (t) => {
    const { azure, vm, ask } = await machine(t, { type: "None" });
    const before = azure.emulator.resource(vm.id);
    await ask("PATCH", vm.id, { identity: { type: "SystemAssigned" } });
    const { principalId, tenantId } = (await ask("GET", vm.id)).identity as Props;
    assert.equal(azure.services.directory.get(String(principalId))?.displayName, "vm");
    const own = `${vm.id}/providers/Microsoft.ManagedIdentity/identities/default`;
    const clientId = azure.services.directory.get(String(principalId))?.clientId;
    const { id, name, ...identity } = await ask("GET", own);
    assert.deepEqual(
      [id, identity.principalId, identity.clientId, identity.tenantId],
      [own, principalId, clientId, tenantId],
    );
    await ask("PATCH", vm.id, { identity: { type: "None" } });
    assert.deepEqual(unversioned(azure.emulator.resource(vm.id)), unversioned(before));
  });

  test("a PATCH of the type keeps the user-assigned identities", async (t) => {
    const { azure, vm, user, ask } = await machine(t, { type: "None" });
    const { principalId, clientId } = user.outputs;
    await ask("PATCH", vm.id, { identity: { type: "UserAssigned", userAssignedIdentities: { [user.id]: {} } } });
    await ask("PATCH", vm.id, { identity: { type: "SystemAssigned, UserAssigned" } });
    const { userAssignedIdentities } = (await ask("GET", vm.id)).identity as Props;
    assert.deepEqual(userAssignedIdentities, { [user.id]: { principalId, clientId } });
    assert.equal(azure.machines.length, 1);
  });

  test("one that does not exist, and a method that it does not have, are refused", async (t) => {
    const { vm, ask } = await machine(t, { type: "None" });
    await assert.rejects(ask("GET", `${vm.id}2`), /ResourceNotFound/);
    await assert.rejects(ask("PATCH", `${vm.id}2`, {}), /ResourceNotFound/);
    await assert.rejects(ask("DELETE", vm.id), /MethodNotAllowed/);
    await assert.rejects(
      ask("GET", `${vm.id}/providers/Microsoft.ManagedIdentity/identities/default`),
      /ResourceNotFound/,
    );
  });
});

describe("a server", () => {
  test("a PATCH of authConfig enables Microsoft Entra and leaves the rest", async (t) => {
    const authConfig = { activeDirectoryAuth: "Disabled", passwordAuth: "Enabled" };
    const { azure, id, ask } = await server(t, { authConfig });
    await ask("PATCH", id, { properties: { authConfig: { activeDirectoryAuth: "Enabled" } } });
    const { tenantId, ...after } = (await ask("GET", id)).authConfig as Props;
    assert.deepEqual(after, { ...authConfig, activeDirectoryAuth: "Enabled" });
    assert.equal(azure.servers[0]?.entraAuth, true);
  });

  test("an administrator is added, listed and removed", async (t) => {
    const { azure, id, ask } = await server(t);
    const { objectId, ...rest } = READER;
    await ask("PUT", `${id}/administrators/${objectId}`, { properties: rest });
    const [listed] = (await answerArmRequest(azure.emulator, {
      method: "GET",
      path: `${id}/administrators`,
    })) as Props[];
    assert.deepEqual([listed?.objectId, listed?.principalName, listed?.principalType], Object.values(READER));
    await ask("DELETE", `${id}/administrators/${objectId}`);
    assert.deepEqual(await ask("GET", `${id}/administrators`), []);
    await assert.rejects(ask("GET", `${id}/administrators/${objectId}`), /ResourceNotFound/);
  });

  test("a database is created and dropped, and what is there is listed", async (t) => {
    const { azure, id, ask } = await server(t);
    const names = async () => ((await ask("GET", `${id}/databases`)) as unknown as Props[]).map(({ name }) => name);
    await ask("PUT", `${id}/databases/orders`, { properties: { charset: "UTF8", collation: "en_US.utf8" } });
    assert.deepEqual((await names()).toSorted(), ["azure_maintenance", "azure_sys", "orders", "postgres"]);
    await ask("DELETE", `${id}/databases/orders`);
    assert.equal(azure.servers[0]?.databases.has("orders"), false);
  });
});

test("a path of another kind has no answer", async (t) => {
  const { ask } = await machine(t, { type: "None" });
  assert.equal(await ask("GET", "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/x"), undefined);
});
