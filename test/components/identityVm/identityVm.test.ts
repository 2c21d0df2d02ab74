import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { InvalidArguments } from "entra-postgres";
import { parse } from "yaml";
import { CLIENT_ID, inputsOf, recordResources, resolved, settled, TENANT } from "../../harness/mocks.ts";

const where = { resourceGroupName: "rg", location: "westeurope" };

async function vmWith(args: object) {
  const registered = await recordResources();
  const { IdentityVm } = await import("entra-postgres");
  const vm = new IdentityVm("app", { ...where, vmName: "orders", ...args });
  const outputs = {
    principalId: await resolved(vm.principalId),
    clientId: await resolved(vm.clientId),
    tenantId: await resolved(vm.tenantId),
    identityName: await resolved(vm.identityName),
    publicIpAddress: await resolved(vm.publicIpAddress),
    privateIpAddress: await resolved(vm.privateIpAddress),
  };
  const urn = await resolved(vm.urn);
  await settled(vm);
  return { registered, outputs, urn };
}

/** What cloud-init would read; its first line says what it is. */
function cloudConfigOf(customData: string): unknown {
  const [header, ...config] = Buffer.from(customData, "base64").toString().split("\n");
  assert.equal(header, "#cloud-config");
  return parse(config.join("\n"));
}

test("the VM has a system-assigned identity, trusted launch and no password", async () => {
  const { registered } = await vmWith({});
  const [vm] = inputsOf(registered, "azure-native:compute:VirtualMachine");
  assert.deepEqual(vm?.identity, { type: "SystemAssigned" });
  assert.deepEqual(vm?.securityProfile, {
    securityType: "TrustedLaunch",
    uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
  });
  const osProfile = vm?.osProfile as {
    linuxConfiguration: { disablePasswordAuthentication: boolean };
    customData: string;
  };
  assert.equal(osProfile.linuxConfiguration.disablePasswordAuthentication, true);
  assert.deepEqual(cloudConfigOf(osProfile.customData), {
    package_update: true,
    packages: ["curl", "jq", "postgresql-client"],
  });
  assert.doesNotMatch(JSON.stringify(registered), /adminPassword|"password"/i);
});

test("what cloud-init is to do comes beside the proof's tools", async () => {
  const { databaseService } = await import("../../../clients/systemd/databaseService.ts");
  const service = databaseService({ name: "orders", host: "db.example", database: "app", user: "orders" });
  const { registered } = await vmWith({ cloudConfig: { ...service, packages: ["python3-venv"] } });
  const [vm] = inputsOf(registered, "azure-native:compute:VirtualMachine");
  const { customData } = (vm?.osProfile ?? {}) as { customData: string };
  assert.deepEqual(cloudConfigOf(customData), {
    package_update: true,
    packages: ["curl", "jq", "postgresql-client", "python3-venv"],
    write_files: service.write_files,
    runcmd: service.runcmd,
  });
  assert.ok(Buffer.from(customData, "base64").length < 64 * 1024);
});

test("its outputs are the identity's ids, its name and the addresses", async () => {
  const { outputs, urn } = await vmWith({});
  assert.deepEqual(outputs, {
    principalId: "aaaaaaaa-0000-0000-0000-000000000001",
    clientId: CLIENT_ID,
    tenantId: TENANT,
    identityName: "orders",
    publicIpAddress: "20.0.0.7",
    privateIpAddress: "10.42.0.4",
  });
  assert.match(urn, /::entra-postgres:index:IdentityVm::app$/);
});

test("a user-assigned identity is made, attached, and its ids are the outputs", async () => {
  const { registered, outputs } = await vmWith({ identityType: "UserAssigned" });
  const [vm] = inputsOf(registered, "azure-native:compute:VirtualMachine");
  assert.deepEqual(vm?.identity, { type: "UserAssigned", userAssignedIdentities: ["app-identity-id"] });
  assert.equal(outputs.principalId, "aaaaaaaa-0000-0000-0000-000000000002");
  assert.equal(outputs.clientId, "cccccccc-0000-0000-0000-000000000002");
  assert.equal(outputs.identityName, "user-identity");
});

test("SSH is closed unless an address is named, and never open to the context by default", async () => {
  const closed = await vmWith({});
  assert.deepEqual(inputsOf(closed.registered, "azure-native:network:NetworkSecurityGroup")[0]?.securityRules, []);
  const open = await vmWith({ sshAllowedAddresses: ["198.51.100.7"] });
  const rules = inputsOf(open.registered, "azure-native:network:NetworkSecurityGroup")[0]?.securityRules as {
    sourceAddressPrefixes: string[];
    destinationPortRange: string;
  }[];
  assert.deepEqual(
    rules.map((rule) => [rule.sourceAddressPrefixes, rule.destinationPortRange]),
    [[["198.51.100.7"], "22"]],
  );
});

test("every child is named after the component and is its child", async () => {
  const { registered } = await vmWith({ identityType: "UserAssigned" });
  const children = registered.filter(({ type }) => type.startsWith("azure-native:"));
  assert.deepEqual(children.map(({ name }) => name).sort(), [
    "app-identity",
    "app-ip",
    "app-net",
    "app-nic",
    "app-nsg",
    "app-subnet",
    "app-vm",
  ]);
});

test("in a subnet that it shares, the VM brings its security group along and makes no network", async () => {
  const { registered } = await vmWith({ subnetId: "shared-id", sshAllowedAddresses: ["20.1.2.3"] });
  assert.deepEqual(inputsOf(registered, "azure-native:network:VirtualNetwork"), []);
  assert.deepEqual(inputsOf(registered, "azure-native:network:Subnet"), []);
  const [nic] = inputsOf(registered, "azure-native:network:NetworkInterface");
  assert.deepEqual(nic?.networkSecurityGroup, { id: "app-nsg-id" });
  const configurations = nic?.ipConfigurations as { subnet: { id: string } }[] | undefined;
  assert.equal(configurations?.[0]?.subnet.id, "shared-id");
});

test("arguments that cannot work are all named at once", async () => {
  await recordResources();
  const { IdentityVm } = await import("entra-postgres");
  assert.throws(
    () => new IdentityVm("bad", { ...where, vmName: "pg_vm", identityType: "None" }),
    (error: InvalidArguments) => {
      assert.ok(pulumi.ResourceError.isInstance(error) && error.hideStack, "the engine shows it without a stack");
      assert.deepEqual(
        error.errors?.map(({ propertyPath }) => propertyPath),
        ["identityType", "vmName"],
      );
      return true;
    },
  );
});
