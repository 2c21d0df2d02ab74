import { listAt, textAt } from "../../properties/values.ts";
import { ArmError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { ArmResource, ResourceStore } from "../engine/resourceStore.ts";
import { NETWORK_INTERFACE, SUBNET, VIRTUAL_MACHINE } from "../resourceTypes.ts";

/** The virtual machine that a network interface is attached to. */
export function machineOf(store: ResourceStore, interfaceId: string): ArmResource | undefined {
  return store
    .list(VIRTUAL_MACHINE.token)
    .find((machine) =>
      listAt(machine.state, "networkProfile.networkInterfaces").some((nic) => is(nic, "id", interfaceId)),
    );
}

/** The network interface that a public address is attached to. */
export function interfaceOfAddress(store: ResourceStore, addressId: string): ArmResource | undefined {
  return withConfiguration(store, "publicIPAddress.id", addressId);
}

/** The network interfaces in a subnet. */
export function interfacesInSubnet(store: ResourceStore, subnetId: string): ArmResource[] {
  return store.list(NETWORK_INTERFACE.token).filter((nic) => configured(nic, "subnet.id", subnetId));
}

/**
 * @throws ArmError when a network resource is in use, as Azure refuses to delete one that is.
 * Source of codes and texts: hashicorp/terraform-provider-azurerm issue 8105 (NicInUse), ernestio/ernest issue 514 (public address),
 * kubernetes-sigs/cluster-api-provider-azure issue 172 (subnet). Those of the security group are assumed.
 */
export function requireUnused(store: ResourceStore, id: string): void {
  const machine = machineOf(store, id);
  if (machine) {
    throw inUse(
      "NicInUse",
      `Network Interface ${id} is used by existing resource ${machine.id}. In order to delete the network ` +
        "interface, it must be dissociated from the resource.",
      machine.id,
    );
  }
  const nic = interfaceOfAddress(store, id);
  if (nic) {
    throw inUse(
      "PublicIPAddressCannotBeDeleted",
      `Public IP address ${id} can not be deleted since it is still allocated to resource ${nic.id}.`,
      nic.id,
    );
  }
  const inside = [id, ...store.inside(id).map((child) => child.id)].flatMap((subnet) =>
    interfacesInSubnet(store, subnet),
  )[0];
  if (inside) {
    throw inUse(
      "InUseSubnetCannotBeDeleted",
      `Subnet ${nameInId(id)} is in use by ${inside.id} and cannot be deleted. In order to delete the subnet, delete all the ` +
        "resources within the subnet.",
      inside.id,
    );
  }
  const guarded = [...store.list(SUBNET.token), ...store.list(NETWORK_INTERFACE.token)].find((user) =>
    is(user.state, "networkSecurityGroup.id", id),
  );
  if (guarded) {
    throw inUse(
      "InUseNetworkSecurityGroupCannotBeDeleted",
      `Network security group ${id} cannot be deleted because it is in use by the following resources: ${guarded.id}.`,
      guarded.id,
    );
  }
}

function inUse(code: string, message: string, user: string): ArmError {
  return new ArmError(
    400,
    code,
    message,
    `Delete or change ${user} first: a resource that uses another must depend on it.`,
  );
}

function withConfiguration(store: ResourceStore, path: string, id: string): ArmResource | undefined {
  return store.list(NETWORK_INTERFACE.token).find((nic) => configured(nic, path, id));
}

function configured(nic: ArmResource, path: string, id: string): boolean {
  return listAt(nic.state, "ipConfigurations").some((configuration) => is(configuration, path, id));
}

function is(value: unknown, path: string, id: string): boolean {
  const found = textAt(value, path);
  return found !== undefined && sameArmId(found, id);
}
