import { listAt, textAt } from "../../properties/values.ts";
import { armError } from "../engine/armError.ts";
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
  return store.list(NETWORK_INTERFACE.token).find((nic) => configured(nic, "publicIPAddress.id", addressId));
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
  const subnets = [id, ...store.inside(id).map((child) => child.id)];
  const guarded = [...store.list(SUBNET.token), ...store.list(NETWORK_INTERFACE.token)];
  const users: Record<string, ArmResource | undefined> = {
    AttachedNetworkInterface: machineOf(store, id),
    PublicIPAddressCannotBeDeleted: interfaceOfAddress(store, id),
    InUseSubnetCannotBeDeleted: subnets.flatMap((subnet) => interfacesInSubnet(store, subnet))[0],
    InUseNetworkSecurityGroupCannotBeDeleted: guarded.find(({ state }) => is(state, "networkSecurityGroup.id", id)),
  };
  for (const [error, user] of Object.entries(users)) {
    if (user) throw armError(error, { id, name: nameInId(id), user: user.id });
  }
}

function configured(nic: ArmResource, path: string, id: string): boolean {
  return listAt(nic.state, "ipConfigurations").some((configuration) => is(configuration, path, id));
}

function is(value: unknown, path: string, id: string): boolean {
  const found = textAt(value, path);
  return found !== undefined && sameArmId(found, id);
}
