import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Props } from "../../../../sandbox/azure/providerHost.ts";
import { type Created, type FakeMachine, machineInputs, TestAzure } from "./testAzure.ts";

const IDENTITY = "azure-native:managedidentity:UserAssignedIdentity";
const MACHINE = "azure-native:compute:VirtualMachine";
const COMMAND = "azure-native:compute:VirtualMachineRunCommandByVirtualMachine";
const GET_COMMAND = "azure-native:compute:getVirtualMachineRunCommandByVirtualMachine";
const GET_RESOURCE = "azure-native:resources:getResource";

/** A machine with everything under it. */
async function machine(t: TestContext, changes: Props = {}) {
  const azure = await TestAzure.withGroup(t);
  const parts = await azure.network();
  return { azure, ...parts, vm: await azure.create(MACHINE, "vm", machineInputs(parts.nic, changes)) };
}

function identityOf({ outputs }: { outputs: Props }) {
  return outputs.identity as { type: string; principalId?: string; tenantId?: string; userAssignedIdentities?: Props };
}

function running(azure: TestAzure): FakeMachine {
  const last = azure.machines.at(-1);
  assert.ok(last);
  return last;
}

const identityArgs = (changes: Props = {}) => ({
  resourceGroupName: "rg",
  resourceProviderNamespace: "Microsoft.Compute",
  parentResourcePath: "virtualMachines/vm/providers/Microsoft.ManagedIdentity",
  resourceType: "identities",
  resourceName: "default",
  apiVersion: "2023-01-31",
  ...changes,
});

describe("virtual machines", () => {
  test("a machine starts at its public address with its keys", async (t) => {
    const { azure, vm, address } = await machine(t);
    const { options } = running(azure);
    assert.equal(options.address, address.outputs.ipAddress);
    assert.equal(options.sshPort, 2222);
    assert.equal(options.adminUsername, "azureuser");
    assert.deepEqual(options.authorizedKeys, ["ssh-ed25519 AAAAC3Nz me"]);
    assert.equal(vm.outputs.provisioningState, "Succeeded");
    assert.match(String(vm.outputs.vmId), /^[0-9a-f-]{36}$/);
    const profile = vm.outputs.osProfile as Props;
    assert.equal(profile.computerName, "vm");
    assert.equal(profile.customData, undefined);
    assert.equal(vm.outputs.instanceView, undefined);
    assert.ok(azure.emulator.virtualMachines().has("vm"));
  });

  test("a machine's identity is a principal that its metadata service serves", async (t) => {
    const { azure, vm } = await machine(t);
    const principal = azure.services.directory.get(identityOf(vm).principalId ?? "");
    assert.equal(principal?.displayName, "vm");
    assert.equal(principal?.type, "service");
    assert.equal(principal?.resourceId, vm.id);
    assert.equal(identityOf(vm).tenantId, azure.services.directory.tenantId);
    assert.deepEqual(running(azure).options.identities(), [{ principal, kind: "system" }]);
  });

  test("a recreated machine has another object id and client id", async (t) => {
    const { azure, vm, nic } = await machine(t);
    const before = azure.services.directory.get(identityOf(vm).principalId ?? "");
    const first = running(azure);
    await azure.delete(vm);
    assert.ok(first.stopped);
    assert.deepEqual(azure.services.directory.findByName("vm"), []);
    const again = await azure.create(MACHINE, "vm", machineInputs(nic));
    const after = azure.services.directory.get(identityOf(again).principalId ?? "");
    assert.notEqual(after?.objectId, before?.objectId);
    assert.notEqual(after?.clientId, before?.clientId);
    assert.notEqual(again.outputs.vmId, vm.outputs.vmId);
  });

  test("a new identity type changes the principal without a restart", async (t) => {
    const { azure, vm } = await machine(t);
    const none = await azure.change(vm, { identity: { type: "None" } });
    assert.equal(none.outputs.identity, undefined);
    assert.deepEqual(azure.services.directory.findByName("vm"), []);
    assert.deepEqual(running(azure).options.identities(), []);
    const back = await azure.change({ ...vm, ...none }, { identity: { type: "SystemAssigned" } });
    assert.equal(azure.services.directory.findByName("vm")[0]?.objectId, identityOf(back).principalId);
    assert.equal(azure.machines.length, 1);
  });

  test("user-assigned identities are a list in inputs and a map in outputs", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const user = await azure.create(IDENTITY, "app", { resourceGroupName: "rg", resourceName: "app" });
    const { nic } = await azure.network();
    const identity = { type: "SystemAssigned, UserAssigned", userAssignedIdentities: [user.id] };
    const vm = await azure.create(MACHINE, "vm", machineInputs(nic, { identity }));
    const { principalId, clientId } = user.outputs;
    assert.deepEqual(identityOf(vm).userAssignedIdentities, { [user.id]: { principalId, clientId } });
    assert.deepEqual(
      running(azure)
        .options.identities()
        .map(({ kind }) => kind),
      ["system", "user"],
    );
    assert.deepEqual((await azure.read(vm))?.inputs, vm.inputs);
    assert.equal(azure.services.directory.get(String(principalId))?.displayName, "app");
    await azure.emulator.remove(user.id);
    assert.equal(azure.services.directory.get(String(principalId)), undefined);
  });

  test("a missing identity and a type that does not fit the list are refused", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { nic } = await azure.network();
    const make = (identity: Props) => azure.create(MACHINE, "vm", machineInputs(nic, { identity }));
    await assert.rejects(
      make({ type: "UserAssigned", userAssignedIdentities: ["/none"] }),
      /Code="FailedIdentityOperation"/,
    );
    await assert.rejects(make({ type: "UserAssigned" }), /does not fit its 0 user-assigned identities/);
    await assert.rejects(make({ type: "SystemAssigned", userAssignedIdentities: ["/one"] }), /does not fit its 1 /);
    assert.deepEqual(azure.services.directory.findByName("vm"), []);
  });

  test("a change that needs a new machine is refused in place", async (t) => {
    const { azure, vm } = await machine(t);
    const profile = vm.inputs.osProfile as Props;
    const change = (osProfile: Props) => azure.change(vm, { osProfile: { ...profile, ...osProfile } });
    await assert.rejects(
      change({ computerName: "other" }),
      /Status=409 Code="PropertyChangeNotAllowed" Message="Changing property 'osProfile\.computerName' is not allowed\.".*replaceOnChanges: \["osProfile"\]/,
    );
    await assert.rejects(change({ customData: "" }), /'osProfile\.customData'/);
    const linuxConfiguration = {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ keyData: "ssh-rsa AAAA" }] },
    };
    await assert.rejects(change({ linuxConfiguration }), /'linuxConfiguration\.ssh\.publicKeys'/);
    const storageProfile = {
      ...(vm.inputs.storageProfile as Props),
      imageReference: { publisher: "Canonical", offer: "o", sku: "s", version: "1" },
    };
    await assert.rejects(azure.change(vm, { storageProfile }), /'imageReference\.offer'/);
    assert.deepEqual((await azure.read(vm))?.outputs, vm.outputs);
  });

  test("a new size restarts the machine with the same identity", async (t) => {
    const { azure, vm } = await machine(t);
    const first = running(azure);
    const resized = await azure.change(vm, { hardwareProfile: { vmSize: "Standard_B4ms" } });
    assert.ok(first.stopped);
    assert.equal(azure.machines.length, 2);
    assert.equal(identityOf(resized).principalId, identityOf(vm).principalId);
  });

  test("a network interface belongs to one machine and cannot be deleted meanwhile", async (t) => {
    const { azure, vm, nic } = await machine(t);
    await assert.rejects(azure.create(MACHINE, "vm2", machineInputs(nic, { vmName: "vm2" })), /Code="NicInUse"/);
    await assert.rejects(azure.delete(nic), /Status=400 Code="NicInUse"/);
    await azure.delete(vm);
    await azure.delete(nic);
  });

  test("a machine without a public address gets its own loopback address", async (t) => {
    const { azure, address, nic } = await machine(t);
    const configuration = { name: "primary", subnet: (nic.inputs.ipConfigurations as Props[])[0]?.subnet };
    const inner = await azure.create("azure-native:network:NetworkInterface", "inner", {
      resourceGroupName: "rg",
      networkInterfaceName: "inner",
      ipConfigurations: [configuration],
    });
    await azure.create(MACHINE, "vm2", machineInputs(inner, { vmName: "vm2" }));
    assert.equal(running(azure).address, "127.0.0.2");
    assert.notEqual(running(azure).address, address.outputs.ipAddress);
  });

  test("a machine that does not start leaves no principal and no interface in use", async (t) => {
    const azure = await TestAzure.open(t, { startMachine: () => Promise.reject(new Error("no port")) });
    await azure.group();
    const { nic } = await azure.network();
    await assert.rejects(azure.create(MACHINE, "vm", machineInputs(nic)), /no port/);
    assert.deepEqual(azure.services.directory.findByName("vm"), []);
    await azure.delete(nic);
  });

  test("password logins to machines are refused as not emulated", async (t) => {
    const azure = await TestAzure.withGroup(t);
    const { nic } = await azure.network();
    const osProfile = { adminUsername: "azureuser", adminPassword: "Secret-1234" };
    const made = azure.create(MACHINE, "vm", machineInputs(nic, { osProfile }));
    await assert.rejects(
      made,
      (error: Error) => /does not emulate logging in/.test(error.message) && !error.message.includes("Secret"),
    );
  });
});

describe("the client id of a system-assigned identity", () => {
  test("getResource answers it below the machine", async (t) => {
    const { azure, vm } = await machine(t);
    const { principalId } = identityOf(vm);
    const answer = await azure.emulator.invoke(GET_RESOURCE, identityArgs());
    assert.equal(answer.id, `${vm.id}/providers/Microsoft.ManagedIdentity/identities/default`);
    assert.deepEqual(answer.properties, {
      principalId,
      clientId: azure.services.directory.get(principalId ?? "")?.clientId,
      tenantId: azure.services.directory.tenantId,
    });
  });

  test("a machine without an identity and other resources are refused", async (t) => {
    const { azure } = await machine(t, { identity: { type: "None" } });
    const call = (changes: Props = {}) => azure.emulator.invoke(GET_RESOURCE, identityArgs(changes));
    await assert.rejects(call(), /Status=404 Code="ResourceNotFound"/);
    await assert.rejects(call({ apiVersion: "2015-01-01" }), /Code="NoRegisteredProviderFound"/);
    await assert.rejects(call({ resourceType: "disks" }), /does not emulate getResource for/);
  });
});

describe("run commands", () => {
  const command = (azure: TestAzure, changes: Props = {}) =>
    azure.create(COMMAND, "check", { resourceGroupName: "rg", vmName: "vm", source: { script: "id" }, ...changes });
  const view = async (azure: TestAzure) => {
    const args = { resourceGroupName: "rg", vmName: "vm", runCommandName: "check", expand: "instanceView" };
    return (await azure.emulator.invoke(GET_COMMAND, args)).instanceView as Props;
  };

  test("a script gets its parameters; only an expanded answer has the result", async (t) => {
    const { azure } = await machine(t);
    const made = await command(azure, {
      parameters: [{ name: "HOST", value: "db" }],
      protectedParameters: [{ name: "KEY", value: "canary-5f1" }],
      timeoutInSeconds: 30,
    });
    assert.deepEqual(running(azure).scripts, [
      { script: "id", env: { HOST: "db", KEY: "canary-5f1" }, timeoutSeconds: 30 },
    ]);
    assert.equal(made.outputs.instanceView, undefined);
    assert.equal(made.outputs.protectedParameters, undefined);
    assert.ok(
      !JSON.stringify(azure.emulator.resources()).includes("canary-5f1"),
      "a protected parameter is in the state",
    );
    const { executionState, exitCode, output } = await view(azure);
    assert.deepEqual(
      { executionState, exitCode, output },
      { executionState: "Succeeded", exitCode: 0, output: "done\n" },
    );
    const args = { resourceGroupName: "rg", vmName: "vm", runCommandName: "check" };
    assert.equal((await azure.emulator.invoke(GET_COMMAND, args)).instanceView, undefined);
    await assert.rejects(azure.emulator.invoke(GET_COMMAND, { ...args, expand: "all" }), /\$expand is invalid/);
  });

  test("a failed script fails the resource only with treatFailureAsDeploymentFailure", async (t) => {
    const { azure } = await machine(t);
    running(azure).answer = { exitCode: 3, stdout: "", stderr: "broken" };
    const made = await command(azure);
    assert.equal(made.outputs.provisioningState, "Succeeded");
    const { executionState, exitCode, error } = await view(azure);
    assert.deepEqual({ executionState, exitCode, error }, { executionState: "Failed", exitCode: 3, error: "broken" });
    await azure.delete(made);
    await assert.rejects(
      command(azure, { treatFailureAsDeploymentFailure: true }),
      /Code="VMExtensionProvisioningError".*exit code 3.*broken/,
    );
  });

  test("the last 4096 bytes of the output are kept", async (t) => {
    const { azure } = await machine(t);
    running(azure).answer = { exitCode: 0, stdout: `${"x".repeat(5000)}end`, stderr: "" };
    await command(azure);
    const { output } = await view(azure);
    assert.equal(String(output).length, 4096);
    assert.ok(String(output).endsWith("end"));
  });

  test("a changed script runs again", async (t) => {
    const { azure } = await machine(t);
    const made = await command(azure);
    await azure.change(made, {});
    assert.equal(running(azure).scripts.length, 1);
    await azure.change(made, { source: { script: "whoami" } });
    assert.deepEqual(
      running(azure).scripts.map(({ script }) => script),
      ["id", "whoami"],
    );
  });

  test("a run command needs a machine and is deleted with it", async (t) => {
    const { azure, vm } = await machine(t);
    const made = await command(azure);
    await azure.delete(vm);
    assert.equal(await azure.read(made as Created), undefined);
    await assert.rejects(command(azure), /Code="ParentResourceNotFound"/);
  });

  test("run command options that the sandbox does not emulate are refused", async (t) => {
    const { azure } = await machine(t);
    await assert.rejects(command(azure, { asyncExecution: true }), /emulates only false/);
    await assert.rejects(
      command(azure, { source: { scriptUri: "https://example.com" } }),
      /does not emulate "source.scriptUri"/,
    );
  });
});
