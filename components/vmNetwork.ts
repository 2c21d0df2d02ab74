import { NetworkInterface } from "@pulumi/azure-native/network/networkInterface.js";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import * as pulumi from "@pulumi/pulumi";
import type { IdentityVmArgs } from "./identityVm.ts";

/** What every resource of the VM is given. */
export type Base = Pick<IdentityVmArgs, "resourceGroupName" | "location" | "tags">;
/** The options that make a resource the component's child. */
export type Own = { parent: pulumi.Resource };

/** Static, so that a firewall rule can name it. Standard addresses accept nothing that a security group does not allow. */
export function createPublicIp(name: string, base: Base, own: Own): PublicIPAddress {
  return new PublicIPAddress(
    `${name}-ip`,
    { ...base, sku: { name: "Standard" }, publicIPAllocationMethod: "Static", publicIPAddressVersion: "IPv4" },
    own,
  );
}

/** A network of its own with one subnet, behind a security group that lets in what is named and nothing else. */
export function createSubnet(name: string, base: Base, args: IdentityVmArgs, own: Own): Subnet {
  const prefix = args.addressPrefix ?? "10.42.0.0/24";
  const network = new VirtualNetwork(`${name}-net`, { ...base, addressSpace: { addressPrefixes: [prefix] } }, own);
  const securityGroup = new NetworkSecurityGroup(
    `${name}-nsg`,
    { ...base, securityRules: pulumi.output(args.sshAllowedAddresses ?? []).apply(sshRules) },
    own,
  );
  return new Subnet(
    `${name}-subnet`,
    {
      resourceGroupName: args.resourceGroupName,
      virtualNetworkName: network.name,
      addressPrefix: prefix,
      networkSecurityGroup: { id: securityGroup.id },
    },
    own,
  );
}

/** Azure's built-in rules refuse what comes from the Internet, so no address named means no rule. */
function sshRules(addresses: string[]) {
  return addresses.length === 0
    ? []
    : [
        {
          name: "ssh",
          priority: 100,
          direction: "Inbound",
          access: "Allow",
          protocol: "Tcp",
          sourceAddressPrefixes: addresses,
          sourcePortRange: "*",
          destinationAddressPrefix: "*",
          destinationPortRange: "22",
        },
      ];
}

/** The VM's one network interface. */
export function createNetworkInterface(
  name: string,
  base: Base,
  subnet: Subnet,
  ip: PublicIPAddress,
  own: Own,
): NetworkInterface {
  return new NetworkInterface(
    `${name}-nic`,
    {
      ...base,
      ipConfigurations: [
        {
          name: "primary",
          subnet: { id: subnet.id },
          privateIPAllocationMethod: "Dynamic",
          publicIPAddress: { id: ip.id },
        },
      ],
    },
    own,
  );
}
