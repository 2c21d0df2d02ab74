import { randomBytes } from "node:crypto";
import { listAt, textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { newEtag } from "../engine/commonOutputs.ts";
import { requireReference } from "../engine/requireReference.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { NETWORK_INTERFACE, PUBLIC_IP_ADDRESS, SUBNET } from "../resourceTypes.ts";
import { ipv4Block, ipv4Number, ipv4Text } from "./ipv4Range.ts";
import { interfaceOfAddress, interfacesInSubnet, requireUnused } from "./networkUse.ts";
import { requireSecurityGroup } from "./virtualNetworks.ts";

/** Addresses that Azure keeps for itself at the start of a subnet. Assumed. */
const RESERVED_ADDRESSES = 4;

/** Network interfaces. */
export function networkInterfaces(context: ArmContext): Behaviour {
  return {
    type: NETWORK_INTERFACE,
    async put({ id, inputs, existing }) {
      requireSecurityGroup(context, textAt(inputs, "networkSecurityGroup.id"));
      const taken: number[] = [];
      const ipConfigurations = (listAt(inputs, "ipConfigurations") as Props[]).map((configuration, index) => {
        const subnet = requireReference(context.store, SUBNET, textAt(configuration, "subnet.id"));
        requireSameNetwork(id, existing, index, subnet.id);
        requireFreeAddress(context, id, textAt(configuration, "publicIPAddress.id"));
        const privateIPAddress = privateAddress(context, id, subnet, configuration, existing, taken);
        return {
          name: configuration.name,
          id: `${id}/ipConfigurations/${configuration.name}`,
          type: `${NETWORK_INTERFACE.armType}/ipConfigurations`,
          primary: configuration.primary ?? index === 0,
          privateIPAddress,
          privateIPAddressVersion: "IPv4",
          privateIPAllocationMethod: configuration.privateIPAllocationMethod ?? "Dynamic",
          subnet: configuration.subnet,
          ...(configuration.publicIPAddress === undefined ? {} : { publicIPAddress: configuration.publicIPAddress }),
          etag: newEtag(),
          provisioningState: "Succeeded",
        };
      });
      return { state: { ipConfigurations, macAddress: existing?.state.macAddress ?? macAddress() } };
    },
    mayDelete: (nic) => requireUnused(context.store, nic.id),
  };
}

/** An interface stays in its virtual network. */
function requireSameNetwork(nicId: string, existing: ArmResource | undefined, index: number, subnetId: string): void {
  const before = textAt((listAt(existing?.state ?? {}, "ipConfigurations") as Props[])[index] ?? {}, "subnet.id");
  const network = (id: string) => id.slice(0, id.lastIndexOf("/subnets/"));
  if (before === undefined || sameArmId(network(before), network(subnetId))) return;
  throw armError("NetworkInterfaceCannotChangeNetwork", { nicId, from: network(before), to: network(subnetId) });
}

function requireFreeAddress(context: ArmContext, nicId: string, addressId: string | undefined): void {
  if (addressId === undefined) return;
  requireReference(context.store, PUBLIC_IP_ADDRESS, addressId);
  const user = interfaceOfAddress(context.store, addressId);
  if (user === undefined || sameArmId(user.id, nicId)) return;
  throw armError("PublicIPAddressInUse", { nicId, addressId, user: user.id });
}

/** The interface's old address in the subnet, else a free one. @throws ArmError for a full subnet, or when the wanted address is taken */
export function privateAddress(
  context: ArmContext,
  nicId: string,
  subnet: ArmResource,
  configuration: Props,
  existing: ArmResource | undefined,
  taken: number[],
): string {
  const block = ipv4Block(String(subnet.state.addressPrefix)) ?? { first: 0, last: 0 };
  const others = interfacesInSubnet(context.store, subnet.id).filter((nic) => !sameArmId(nic.id, nicId));
  const used = new Set([...others.flatMap(addressesOf), ...taken]);
  const isFree = (number: number) =>
    number >= block.first + RESERVED_ADDRESSES && number < block.last && !used.has(number);
  const wanted = ipv4Number(textAt(configuration, "privateIPAddress") ?? "");
  if (wanted !== undefined && !isFree(wanted)) {
    throw armError("PrivateIPAddressNotAvailable", {
      address: ipv4Text(wanted),
      subnet: subnet.state.name,
      prefix: subnet.state.addressPrefix,
    });
  }
  const old = existing ? addressesOf(existing).find(isFree) : undefined;
  let number = wanted ?? old ?? block.first + RESERVED_ADDRESSES;
  while (!isFree(number) && number < block.last) number++;
  if (!isFree(number)) throw armError("SubnetIsFull", { subnet: subnet.id });
  taken.push(number);
  return ipv4Text(number);
}

function addressesOf(nic: ArmResource): number[] {
  return listAt(nic.state, "ipConfigurations").map((one) => ipv4Number(textAt(one, "privateIPAddress") ?? "") ?? -1);
}

/** With Microsoft's prefix for Azure. */
export function macAddress(): string {
  return `00-0D-3A-${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("-")}`;
}
