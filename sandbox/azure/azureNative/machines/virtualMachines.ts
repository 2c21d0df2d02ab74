import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { listAt, textAt, valueAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { requireReference } from "../engine/requireReference.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { machineOf } from "../network/networkUse.ts";
import { NETWORK_INTERFACE, VIRTUAL_MACHINE } from "../resourceTypes.ts";
import { assignIdentity, machineIdentities, wantedIdentity } from "./machineIdentity.ts";
import { checkLogin, requireSameMachine, usesKeys } from "./virtualMachineChecks.ts";

/** Virtual machines: each really starts, with a metadata service and an SSH server. */
export function virtualMachines(context: ArmContext): Behaviour {
  return {
    type: VIRTUAL_MACHINE,
    check: checkLogin,
    async put({ id, inputs, existing, partial }) {
      if (!usesKeys(inputs)) throw armError("MachinePasswordsNotEmulated");
      requireFreeInterfaces(context, id, inputs);
      const customDataHash =
        existing && partial ? existing.hidden.customDataHash : hash(textAt(inputs, "osProfile.customData"));
      if (existing) {
        requireSameMachine(existing.state, inputs);
        if (existing.hidden.customDataHash !== customDataHash)
          throw armError("PropertyChangeNotAllowed", { name: "osProfile.customData", property: "osProfile" });
      }
      const wanted = wantedIdentity(context, id, inputs);
      const ownAddress =
        existing?.hidden.ownAddress ?? (publicAddress(context, inputs) ? null : context.publicAddresses.take());
      const identity = assignIdentity(context, id, wanted, existing);
      const machine: ArmResource = {
        id: existing?.id ?? id,
        token: VIRTUAL_MACHINE.token,
        state: answer(id, inputs, identity, existing?.state ?? {}),
        hidden: { ownAddress, customDataHash },
      };
      const resized =
        existing && valueAt(existing.state, "hardwareProfile.vmSize") !== valueAt(inputs, "hardwareProfile.vmSize");
      try {
        if (resized) await stopMachine(context, id);
        if (!existing || resized) await startMachine(context, { ...machine, state: inputs });
      } catch (error) {
        if (!existing) forgetMachine(context, machine);
        throw error;
      }
      return { state: machine.state, hidden: machine.hidden };
    },
    async remove(machine) {
      await stopMachine(context, machine.id);
      forgetMachine(context, machine);
      await rm(machineDir(context, machine.id), { recursive: true, force: true });
      for (const nic of listAt(machine.state, "networkProfile.networkInterfaces")) {
        if (textAt(nic, "deleteOption") === "Delete") context.store.remove(textAt(nic, "id") ?? "");
      }
    },
  };
}

/** Starts a machine that the store lists or is about to list. */
export async function startMachine(context: ArmContext, machine: ArmResource): Promise<void> {
  const { services, hosts, machines } = context;
  const { id, state } = machine;
  const host = await hosts.startMachine({
    name: nameInId(id),
    dir: machineDir(context, id),
    issuer: services.issuer,
    identities: () => machineIdentities(context, id),
    address: publicAddress(context, state) ?? String(machine.hidden.ownAddress),
    sshPort: services.sshPort,
    adminUsername: textAt(state, "osProfile.adminUsername") ?? "",
    authorizedKeys: listAt(state, "osProfile.linuxConfiguration.ssh.publicKeys").map(
      (key) => textAt(key, "keyData") ?? "",
    ),
  });
  machines.set(id.toLowerCase(), host);
  services.log?.(`virtual machine ${nameInId(id)} runs at ${host.address}`);
}

async function stopMachine(context: ArmContext, id: string): Promise<void> {
  const host = context.machines.get(id.toLowerCase());
  context.machines.delete(id.toLowerCase());
  await host?.stop();
}

function forgetMachine(context: ArmContext, machine: ArmResource): void {
  const principalId = textAt(machine.state, "identity.principalId");
  if (principalId !== undefined) context.services.directory.remove(principalId);
  context.publicAddresses.release(machine.hidden.ownAddress);
}

/** One folder a machine; names are unique in their resource group alone. */
function machineDir(context: ArmContext, id: string): string {
  const [, , , , group = ""] = id.split("/");
  return join(context.services.stateDir, "vms", group.toLowerCase(), nameInId(id).toLowerCase());
}

function requireFreeInterfaces(context: ArmContext, id: string, inputs: Props): void {
  for (const nic of listAt(inputs, "networkProfile.networkInterfaces")) {
    const nicId = textAt(nic, "id") ?? "";
    requireReference(context.store, NETWORK_INTERFACE, nicId, { error: "NetworkInterfaceNotFound" });
    const user = machineOf(context.store, nicId);
    if (user && !sameArmId(user.id, id)) throw armError("NicInUse", { nicId, user: user.id });
  }
}

/** The public address of the machine's primary network interface. */
function publicAddress(context: ArmContext, state: Props): string | undefined {
  const interfaces = listAt(state, "networkProfile.networkInterfaces");
  const primary = interfaces.find((nic) => valueAt(nic, "primary") === true) ?? interfaces[0];
  const configurations = listAt(context.store.get(textAt(primary, "id") ?? "")?.state, "ipConfigurations");
  const configuration = configurations.find((one) => valueAt(one, "primary") === true) ?? configurations[0];
  return textAt(context.store.get(textAt(configuration, "publicIPAddress.id") ?? "")?.state, "ipAddress");
}

function answer(id: string, inputs: Props, identity: Props | undefined, old: Props): Props {
  const name = nameInId(id);
  const disk = textAt(inputs, "storageProfile.osDisk.name") ?? textAt(old, "storageProfile.osDisk.name");
  return {
    identity,
    osProfile: { computerName: textAt(inputs, "osProfile.computerName") ?? name },
    storageProfile: {
      imageReference: { exactVersion: textAt(inputs, "storageProfile.imageReference.version") },
      osDisk: { osType: "Linux", name: disk ?? `${name}_OsDisk_1_${randomUUID().replaceAll("-", "")}` },
    },
    timeCreated: old.timeCreated ?? new Date().toISOString(),
    vmId: old.vmId ?? randomUUID(),
  };
}

function hash(text: string | undefined): string | null {
  return text === undefined ? null : createHash("sha256").update(text).digest("hex");
}
