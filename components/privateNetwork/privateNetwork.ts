import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import { VirtualNetworkPeering } from "@pulumi/azure-native/network/virtualNetworkPeering.js";
import { PrivateZone } from "@pulumi/azure-native/privatedns/privateZone.js";
import { VirtualNetworkLink } from "@pulumi/azure-native/privatedns/virtualNetworkLink.js";
import * as pulumi from "@pulumi/pulumi";
import { deployerCloud } from "../azure/cloud.ts";

/** The arguments of {@link PrivateNetwork}. */
export interface PrivateNetworkArgs {
  /** Resource group of everything. Changing it replaces everything. */
  resourceGroupName: pulumi.Input<string>;
  /** Azure region. Changing it replaces everything. */
  location: pulumi.Input<string>;
  /** IPv4 range of the network. @default "10.42.0.0/23" */
  addressPrefix?: pulumi.Input<string>;
  /** The part of it for VMs. @default "10.42.0.0/24" */
  machinePrefix?: pulumi.Input<string>;
  /** The part of it for private endpoints. @default "10.42.1.0/28" */
  endpointPrefix?: pulumi.Input<string>;
  /**
   * ARM id of the virtual network in which whoever deploys runs: it is peered with this one, both ways, and resolves the server's name.
   * Its ranges must not overlap with this one's, and the deployer needs the role Network Contributor on it. @default none
   */
  runnerNetworkId?: string;
  /** Tags for every resource that has some. @default none */
  tags?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

/**
 * A network for VMs and private endpoints, with the private DNS zone of the deployment's cloud, in which the server's name leads to its
 * private address. Nothing from the Internet gets in.
 *
 * @throws {pulumi.InputPropertyError} for a `runnerNetworkId` that is no virtual network's id
 */
export class PrivateNetwork extends pulumi.ComponentResource {
  /** ARM id of the subnet for VMs. */
  readonly machineSubnetId: pulumi.Output<string>;
  /** ARM id of the subnet for private endpoints. */
  readonly endpointSubnetId: pulumi.Output<string>;
  /** ARM id of the private DNS zone; known once the network resolves names in it. */
  readonly privateZoneId: pulumi.Output<string>;

  constructor(name: string, args: PrivateNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:PrivateNetwork", name, {}, opts);
    const runner = args.runnerNetworkId === undefined ? undefined : runnerNetwork(args.runnerNetworkId);
    const own = { parent: this };

    const network = createNetwork(name, args, own);
    const machines = createSubnet(`${name}-machines`, args, network, args.machinePrefix ?? "10.42.0.0/24", own);
    const endpoints = createSubnet(`${name}-endpoints`, args, network, args.endpointPrefix ?? "10.42.1.0/28", {
      ...own,
      // Azure refuses two changes of one network at a time (AnotherOperationInProgress).
      dependsOn: [machines],
    });
    const zone = createZone(name, args, own);
    const links = [linkZone(name, args, zone, network.id, own)];
    if (runner) {
      links.push(linkZone(`${name}-runner`, args, zone, runner.id, own));
      peer(name, args, network, runner, { ...own, dependsOn: [endpoints] });
    }

    this.machineSubnetId = machines.id;
    this.endpointSubnetId = endpoints.id;
    this.privateZoneId = pulumi.all([zone.id, ...links.map(({ id }) => id)]).apply(([id]) => id as string);
    this.registerOutputs({
      machineSubnetId: this.machineSubnetId,
      endpointSubnetId: this.endpointSubnetId,
      privateZoneId: this.privateZoneId,
    });
  }
}

interface RunnerNetwork {
  id: string;
  resourceGroupName: string;
  name: string;
}

function runnerNetwork(id: string): RunnerNetwork {
  const parts = /\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/virtualNetworks\/([^/]+)$/i.exec(id);
  if (!parts?.[1] || !parts[2]) {
    throw new pulumi.InputPropertyError({
      propertyPath: "runnerNetworkId",
      reason: `is ${JSON.stringify(id)}, not the ARM id of a virtual network: /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/virtualNetworks/…`,
    });
  }
  return { id, resourceGroupName: parts[1], name: parts[2] };
}

function tagsOf({ tags }: PrivateNetworkArgs) {
  return tags ? { tags } : {};
}

function createNetwork(name: string, args: PrivateNetworkArgs, own: pulumi.CustomResourceOptions): VirtualNetwork {
  const { resourceGroupName, location, addressPrefix = "10.42.0.0/23" } = args;
  return new VirtualNetwork(
    `${name}-net`,
    { resourceGroupName, location, ...tagsOf(args), addressSpace: { addressPrefixes: [addressPrefix] } },
    own,
  );
}

/** Behind a security group without rules: Azure's built-in ones let the network itself in and nothing else. */
function createSubnet(
  name: string,
  args: PrivateNetworkArgs,
  network: VirtualNetwork,
  addressPrefix: pulumi.Input<string>,
  own: pulumi.CustomResourceOptions,
): Subnet {
  const { resourceGroupName, location } = args;
  const { parent } = own;
  const securityGroup = new NetworkSecurityGroup(
    `${name}-nsg`,
    { resourceGroupName, location, ...tagsOf(args), securityRules: [] },
    parent ? { parent } : {},
  );
  return new Subnet(
    name,
    {
      resourceGroupName,
      virtualNetworkName: network.name,
      addressPrefix,
      networkSecurityGroup: { id: securityGroup.id },
    },
    own,
  );
}

function createZone(name: string, args: PrivateNetworkArgs, own: pulumi.CustomResourceOptions): PrivateZone {
  const { resourceGroupName } = args;
  return new PrivateZone(
    `${name}-zone`,
    { resourceGroupName, privateZoneName: deployerCloud().privateZone, location: "global", ...tagsOf(args) },
    own,
  );
}

function linkZone(
  name: string,
  args: PrivateNetworkArgs,
  zone: PrivateZone,
  networkId: pulumi.Input<string>,
  own: pulumi.CustomResourceOptions,
): VirtualNetworkLink {
  return new VirtualNetworkLink(
    `${name}-link`,
    {
      resourceGroupName: args.resourceGroupName,
      privateZoneName: zone.name,
      location: "global",
      ...tagsOf(args),
      virtualNetwork: { id: networkId },
      registrationEnabled: false,
    },
    own,
  );
}

/** A peering is made from both sides. */
function peer(
  name: string,
  args: PrivateNetworkArgs,
  network: VirtualNetwork,
  runner: RunnerNetwork,
  own: pulumi.CustomResourceOptions,
): void {
  const there = new VirtualNetworkPeering(
    `${name}-to-runner`,
    {
      resourceGroupName: args.resourceGroupName,
      virtualNetworkName: network.name,
      remoteVirtualNetwork: { id: runner.id },
      allowVirtualNetworkAccess: true,
    },
    own,
  );
  new VirtualNetworkPeering(
    `${name}-from-runner`,
    {
      resourceGroupName: runner.resourceGroupName,
      virtualNetworkName: runner.name,
      // Unique in the runners' network, which other stacks may be peered with, too.
      virtualNetworkPeeringName: pulumi.interpolate`to-${network.name}`,
      remoteVirtualNetwork: { id: network.id },
      allowVirtualNetworkAccess: true,
    },
    { ...own, dependsOn: [there] },
  );
}
