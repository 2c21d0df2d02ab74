import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AddressPool } from "../../../../sandbox/azure/azureNative/engine/addressPool.ts";
import { machineInputs, serverInputs, TestAzure } from "./testAzure.ts";

test("resources survive a restart of the emulator", async (t) => {
  const azure = await TestAzure.withGroup(t);
  const { nic } = await azure.network();
  const vm = await azure.create("azure-native:compute:VirtualMachine", "vm", machineInputs(nic));
  const server = await azure.create("azure-native:dbforpostgresql:Server", "db", serverInputs());
  const where = {
    resourceGroupName: "rg",
    serverName: "main-db",
    startIpAddress: "127.0.0.1",
    endIpAddress: "127.0.0.1",
  };
  await azure.create("azure-native:dbforpostgresql:FirewallRule", "one", where);
  await azure.emulator.close();
  assert.equal(azure.servers[0]?.state, "stopped");
  assert.ok(azure.machines[0]?.stopped);

  const again = await TestAzure.open(t, { stateDir: azure.services.stateDir });
  assert.deepEqual(again.emulator.resources(), azure.emulator.resources());
  assert.deepEqual(again.servers[0]?.options.dir, azure.servers[0]?.options.dir);
  assert.deepEqual(
    again.servers[0]?.rules?.map(({ name }) => name),
    ["one"],
  );
  assert.equal(again.machines[0]?.address, azure.machines[0]?.address);
  const principals = again.machines[0]?.options.identities().map(({ principal }) => principal.displayName);
  assert.deepEqual(principals, ["vm"]);
  assert.deepEqual((await again.read(vm))?.outputs, vm.outputs);
  assert.deepEqual((await again.read(server))?.outputs, server.outputs);
  const next = await again.interface("nic2", { ...nic, id: String(nicSubnet(nic.outputs)) });
  assert.equal(next.address.outputs.ipAddress, "127.0.0.2");
});

test("the state is private and holds no password and no custom data", async (t) => {
  const azure = await TestAzure.withGroup(t);
  const { nic } = await azure.network();
  const inputs = machineInputs(nic);
  await azure.create("azure-native:compute:VirtualMachine", "vm", inputs);
  const file = join(azure.services.stateDir, "arm.json");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const { customData } = inputs.osProfile as { customData: string };
  assert.ok(!JSON.stringify(azure.emulator.resources()).includes(customData));
});

test("an emulator that cannot start every host stops those that run", async (t) => {
  const azure = await TestAzure.withGroup(t);
  const { nic } = await azure.network();
  await azure.create("azure-native:dbforpostgresql:Server", "db", serverInputs());
  await azure.create("azure-native:compute:VirtualMachine", "vm", machineInputs(nic));
  await azure.emulator.close();
  let stopped = false;
  const opened = TestAzure.open(t, {
    stateDir: azure.services.stateDir,
    openServer: async (options) => {
      const { FakeServer } = await import("./testAzure.ts");
      return Object.assign(new FakeServer(options), {
        stop: async () => {
          stopped = true;
        },
      });
    },
    startMachine: () => Promise.reject(new Error("the port is taken")),
  });
  await assert.rejects(opened, /the port is taken/);
  assert.ok(stopped);
});

test("an address pool gives each address once and ends", () => {
  const pool = new AddressPool(["127.0.0.1", undefined, 7]);
  assert.equal(pool.take(), "127.0.0.2");
  for (let count = 3; count < 255; count++) pool.take();
  assert.throws(() => pool.take(), /no loopback address left/);
  pool.release("127.0.0.9");
  assert.equal(pool.take(), "127.0.0.9");
});

function nicSubnet(outputs: Record<string, unknown>): unknown {
  const [configuration] = outputs.ipConfigurations as { subnet: { id: string } }[];
  return configuration?.subnet.id;
}
