import { NetworkInterface } from "@pulumi/azure-native/network/networkInterface.js";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import * as pulumi from "@pulumi/pulumi";
import type { IdentityVmArgs } from "./identityVmArgs.ts";

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

/** Allows SSH from the given addresses and nothing else. */
export function createSecurityGroup(name: string, base: Base, args: IdentityVmArgs, own: Own): NetworkSecurityGroup {
  return new NetworkSecurityGroup(
    `${name}-nsg`,
    { ...base, securityRules: pulumi.output(args.sshAllowedAddresses ?? []).apply(sshRules) },
    own,
  );
}

/** The ARM id of the VM's subnet: the given one, else one of a new network. */
export function subnetIdOf(
  name: string,
  base: Base,
  args: IdentityVmArgs,
  securityGroup: NetworkSecurityGroup,
  own: Own,
): pulumi.Output<string> {
  return args.subnetId ? pulumi.output(args.subnetId) : createSubnet(name, base, args, securityGroup, own).id;
}

function createSubnet(
  name: string,
  base: Base,
  args: IdentityVmArgs,
  securityGroup: NetworkSecurityGroup,
  own: Own,
): Subnet {
  const prefix = args.addressPrefix ?? "10.42.0.0/24";
  const network = new VirtualNetwork(`${name}-net`, { ...base, addressSpace: { addressPrefixes: [prefix] } }, own);
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

/** The VM's one network interface. In a subnet that it shares, the security group is the interface's own. */
export function createNetworkInterface(
  name: string,
  base: Base,
  args: IdentityVmArgs,
  subnetId: pulumi.Output<string>,
  securityGroup: NetworkSecurityGroup,
  ip: PublicIPAddress,
  own: Own,
): NetworkInterface {
  return new NetworkInterface(
    `${name}-nic`,
    {
      ...base,
      ...(args.subnetId ? { networkSecurityGroup: { id: securityGroup.id } } : {}),
      ipConfigurations: [
        {
          name: "primary",
          subnet: { id: subnetId },
          privateIPAllocationMethod: "Dynamic",
          publicIPAddress: { id: ip.id },
        },
      ],
    },
    // Azure refuses to move an interface into another virtual network, and a public address belongs to one interface at a time.
    { ...own, deleteBeforeReplace: true, replaceOnChanges: ["ipConfigurations"] },
  );
}
