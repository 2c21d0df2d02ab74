import type { PropertyRule } from "../../properties/property.ts";
import { resourceType } from "../engine/resourceType.ts";

const PROVIDER = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network";

/** Azure's naming rules, Microsoft.Network: letters, digits, `_`, `.`, `-`; begins with a letter or digit, ends with one or `_`. */
export function networkName(minLength: number, maxLength: number): PropertyRule {
  return {
    minLength,
    maxLength,
    pattern: /^[a-zA-Z0-9]([\w.-]*\w)?$/,
    rule: "letters, digits, underscores, periods and hyphens, beginning with a letter or digit and ending with one or an underscore",
  };
}

/** A virtual network. Its subnets are resources of their own here. */
export const VIRTUAL_NETWORK = resourceType({
  token: "azure-native:network:VirtualNetwork",
  path: `${PROVIDER}/virtualNetworks/{virtualNetworkName}`,
  rules: {
    virtualNetworkName: networkName(2, 64),
    location: { replaces: true },
    "addressSpace.addressPrefixes": { required: true },
    enableDdosProtection: { only: false, default: false },
    enableVmProtection: { only: false, default: false },
  },
});

/** A subnet. */
export const SUBNET = resourceType({
  token: "azure-native:network:Subnet",
  path: `${PROVIDER}/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}`,
  emulates: ["networkSecurityGroup.id", "defaultOutboundAccess"],
  rules: {
    virtualNetworkName: networkName(2, 64),
    subnetName: networkName(1, 80),
    addressPrefix: { required: true },
    privateEndpointNetworkPolicies: { default: "Disabled" },
    privateLinkServiceNetworkPolicies: { default: "Enabled" },
  },
});

/** A network security group. Priority: 100 to 4096, Azure's network security group documentation. */
export const NETWORK_SECURITY_GROUP = resourceType({
  token: "azure-native:network:NetworkSecurityGroup",
  path: `${PROVIDER}/networkSecurityGroups/{networkSecurityGroupName}`,
  emulates: [
    "securityRules.access",
    "securityRules.destinationAddressPrefix",
    "securityRules.destinationAddressPrefixes",
    "securityRules.destinationPortRange",
    "securityRules.destinationPortRanges",
    "securityRules.direction",
    "securityRules.protocol",
    "securityRules.sourceAddressPrefix",
    "securityRules.sourceAddressPrefixes",
    "securityRules.sourcePortRange",
    "securityRules.sourcePortRanges",
  ],
  rules: {
    networkSecurityGroupName: networkName(1, 80),
    "securityRules.name": { ...networkName(1, 80), required: true },
    "securityRules.priority": { required: true, minimum: 100, maximum: 4096 },
    "securityRules.description": { maxLength: 140 },
  },
});

/** A public IP address. What replaces it: provider/pkg/gen/replacement.go of pulumi/pulumi-azure-native. */
export const PUBLIC_IP_ADDRESS = resourceType({
  token: "azure-native:network:PublicIPAddress",
  path: `${PROVIDER}/publicIPAddresses/{publicIpAddressName}`,
  emulates: ["sku.name", "sku.tier", "publicIPAllocationMethod"],
  rules: {
    publicIpAddressName: networkName(1, 80),
    location: { replaces: true },
    sku: { replaces: true },
    publicIPAddressVersion: { only: "IPv4", replaces: true },
    idleTimeoutInMinutes: { minimum: 4, maximum: 30 },
  },
});

/** A network interface. */
export const NETWORK_INTERFACE = resourceType({
  token: "azure-native:network:NetworkInterface",
  path: `${PROVIDER}/networkInterfaces/{networkInterfaceName}`,
  emulates: [
    "networkSecurityGroup.id",
    "enableAcceleratedNetworking",
    "enableIPForwarding",
    "ipConfigurations.primary",
    "ipConfigurations.privateIPAddress",
    "ipConfigurations.privateIPAllocationMethod",
    "ipConfigurations.publicIPAddress.id",
    // azure-native's SDK sets these two where a subnet is given in line.
    "ipConfigurations.subnet.privateEndpointNetworkPolicies",
    "ipConfigurations.subnet.privateLinkServiceNetworkPolicies",
  ],
  rules: {
    networkInterfaceName: networkName(1, 80),
    ipConfigurations: { required: true },
    "ipConfigurations.name": { required: true, minLength: 1, maxLength: 80 },
    "ipConfigurations.privateIPAddressVersion": { only: "IPv4" },
    "ipConfigurations.subnet": { required: true },
    "ipConfigurations.subnet.id": { required: true },
  },
});

const ENDPOINT_PATH = `${PROVIDER}/privateEndpoints/{privateEndpointName}`;

/** A private address that leads to a server. Its subnet can only be set on creation. */
export const PRIVATE_ENDPOINT = resourceType({
  token: "azure-native:network:PrivateEndpoint",
  path: ENDPOINT_PATH,
  emulates: [
    // azure-native's SDK sets these two where a subnet is given in line.
    "subnet.privateEndpointNetworkPolicies",
    "subnet.privateLinkServiceNetworkPolicies",
  ],
  rules: {
    privateEndpointName: networkName(1, 80),
    location: { replaces: true },
    subnet: { required: true },
    "subnet.id": { required: true },
    privateLinkServiceConnections: { required: true },
    "privateLinkServiceConnections.name": { required: true, minLength: 1 },
    "privateLinkServiceConnections.privateLinkServiceId": { required: true },
    // A flexible server's one sub-resource. Source: Microsoft Learn, "What is a private endpoint?", Private-link resource.
    "privateLinkServiceConnections.groupIds": { required: true, values: ["postgresqlServer"] },
    "privateLinkServiceConnections.requestMessage": { maxLength: 140 },
  },
});

/** The private DNS zones that hold an endpoint's names. */
export const PRIVATE_DNS_ZONE_GROUP = resourceType({
  token: "azure-native:network:PrivateDnsZoneGroup",
  path: `${ENDPOINT_PATH}/privateDnsZoneGroups/{privateDnsZoneGroupName}`,
  rules: {
    privateEndpointName: networkName(1, 80),
    privateDnsZoneGroupName: networkName(1, 80),
    privateDnsZoneConfigs: { required: true },
    "privateDnsZoneConfigs.name": { required: true, minLength: 1 },
    "privateDnsZoneConfigs.privateDnsZoneId": { required: true },
  },
});

const ZONE_PATH = `${PROVIDER}/privateDnsZones/{privateZoneName}`;

/** Azure's naming rules, Microsoft.Network/privateDnsZones: 2 to 34 labels of letters, digits, underscores and hyphens. */
const ZONE_NAME = {
  minLength: 1,
  maxLength: 63,
  pattern: /^[\w-]+(\.[\w-]+){1,33}$/,
  rule: "2 to 34 labels of letters, digits, underscores and hyphens, separated by periods",
};

/** A zone and its links are in no region. Source: the examples of azure-rest-api-specs, privatedns 2024-06-01. */
const GLOBAL = { replaces: true, only: "global" };

/** A DNS zone that the networks know that are linked to it. */
export const PRIVATE_ZONE = resourceType({
  token: "azure-native:privatedns:PrivateZone",
  path: ZONE_PATH,
  rules: { privateZoneName: ZONE_NAME, location: GLOBAL },
});

/** The link of a network to a zone. */
export const VIRTUAL_NETWORK_LINK = resourceType({
  token: "azure-native:privatedns:VirtualNetworkLink",
  path: `${ZONE_PATH}/virtualNetworkLinks/{virtualNetworkLinkName}`,
  rules: {
    privateZoneName: ZONE_NAME,
    virtualNetworkLinkName: networkName(1, 80),
    location: GLOBAL,
    registrationEnabled: { only: false },
    virtualNetwork: { required: true },
    "virtualNetwork.id": { required: true },
  },
});
