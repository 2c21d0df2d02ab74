import { list, object, type ResourceType, resourceGroupName, tags, text } from "../engine/schema.ts";
import { networkName, SUBNET_IN_A_REFERENCE } from "./types.ts";

const API_VERSION = "2024-05-01";
const SPECIFICATION = "specification/network/resource-manager/Microsoft.Network/stable/2024-05-01/privateEndpoint.json";
const ENDPOINT_PATH =
  "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/privateEndpoints/{privateEndpointName}";

/** The one sub-resource of a flexible server. Source: Microsoft Learn, "What is a private endpoint?", Private-link resource. */
export const SERVER_SUB_RESOURCE = "postgresqlServer";

const CONNECTION = object(
  {
    name: text({ required: true, minLength: 1 }),
    privateLinkServiceId: text({ required: true }),
    groupIds: list(text({ values: [SERVER_SUB_RESOURCE] }), { required: true }),
    requestMessage: text({ maxLength: 140 }),
  },
  {
    notEmulated: ["id", "privateLinkServiceConnectionState"],
    computed: ["etag", "id", "privateLinkServiceConnectionState", "provisioningState", "type"],
  },
);

/** A private address that leads to a server. Its subnet can only be set on creation. */
export const PRIVATE_ENDPOINT: ResourceType = {
  token: "azure-native:network:PrivateEndpoint",
  armType: "Microsoft.Network/privateEndpoints",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: ENDPOINT_PATH,
  inputs: {
    resourceGroupName,
    privateEndpointName: networkName(1, 80),
    location: text({ replaces: true }),
    tags,
    // azure-native's SDK fills the two policies in where a subnet is given in line.
    subnet: object(
      {
        id: text({ required: true }),
        privateEndpointNetworkPolicies: text(),
        privateLinkServiceNetworkPolicies: text(),
      },
      { required: true, notEmulated: SUBNET_IN_A_REFERENCE },
    ),
    privateLinkServiceConnections: list(CONNECTION, { required: true }),
  },
  notEmulated: [
    "applicationSecurityGroups",
    "customDnsConfigs",
    "customNetworkInterfaceName",
    "extendedLocation",
    "id",
    "ipConfigurations",
    "manualPrivateLinkServiceConnections",
  ],
  outputs: [
    "applicationSecurityGroups",
    "azureApiVersion",
    "customDnsConfigs",
    "customNetworkInterfaceName",
    "etag",
    "extendedLocation",
    "ipConfigurations",
    "location",
    "manualPrivateLinkServiceConnections",
    "name",
    "networkInterfaces",
    "privateLinkServiceConnections",
    "provisioningState",
    "subnet",
    "tags",
    "type",
  ],
};

/** The private DNS zones in which an endpoint's names are kept. */
export const PRIVATE_DNS_ZONE_GROUP: ResourceType = {
  token: "azure-native:network:PrivateDnsZoneGroup",
  armType: "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: `${ENDPOINT_PATH}/privateDnsZoneGroups/{privateDnsZoneGroupName}`,
  inputs: {
    resourceGroupName,
    privateEndpointName: networkName(1, 80),
    privateDnsZoneGroupName: networkName(1, 80),
    privateDnsZoneConfigs: list(
      object(
        { name: text({ required: true, minLength: 1 }), privateDnsZoneId: text({ required: true }) },
        { computed: ["recordSets"] },
      ),
      { required: true },
    ),
  },
  notEmulated: ["id", "name"],
  outputs: ["azureApiVersion", "etag", "name", "privateDnsZoneConfigs", "provisioningState"],
};
