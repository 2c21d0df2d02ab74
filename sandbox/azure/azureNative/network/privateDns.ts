import { flag, object, type ResourceType, resourceGroupName, tags, text } from "../engine/schema.ts";
import { networkName } from "./types.ts";

const API_VERSION = "2024-06-01";
const SPECIFICATION = "specification/privatedns/resource-manager/Microsoft.Network/stable/2024-06-01/privatedns.json";
const ZONE_PATH =
  "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/privateDnsZones/{privateZoneName}";

/** Azure's naming rules, Microsoft.Network/privateDnsZones: 2 to 34 labels of letters, digits, underscores and hyphens. */
const privateZoneName = text({
  required: true,
  replaces: true,
  minLength: 1,
  maxLength: 63,
  pattern: /^[\w-]+(\.[\w-]+){1,33}$/,
  rule: "2 to 34 labels of letters, digits, underscores and hyphens, separated by periods",
});

/** A zone and its links are in no region. Source: the specification's examples. */
const location = text({ replaces: true, only: "global" });

/** A DNS zone that is known in the networks that are linked to it. */
export const PRIVATE_ZONE: ResourceType = {
  token: "azure-native:privatedns:PrivateZone",
  armType: "Microsoft.Network/privateDnsZones",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: ZONE_PATH,
  inputs: { resourceGroupName, privateZoneName, location, tags },
  outputs: [
    "azureApiVersion",
    "etag",
    "internalId",
    "location",
    "maxNumberOfRecordSets",
    "maxNumberOfVirtualNetworkLinks",
    "maxNumberOfVirtualNetworkLinksWithRegistration",
    "name",
    "numberOfRecordSets",
    "numberOfVirtualNetworkLinks",
    "numberOfVirtualNetworkLinksWithRegistration",
    "provisioningState",
    "systemData",
    "tags",
    "type",
  ],
};

/** The link of a network to a zone. */
export const VIRTUAL_NETWORK_LINK: ResourceType = {
  token: "azure-native:privatedns:VirtualNetworkLink",
  armType: "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: `${ZONE_PATH}/virtualNetworkLinks/{virtualNetworkLinkName}`,
  inputs: {
    resourceGroupName,
    privateZoneName,
    virtualNetworkLinkName: networkName(1, 80),
    location,
    tags,
    registrationEnabled: flag({ only: false }),
    virtualNetwork: object({ id: text({ required: true }) }, { required: true }),
  },
  notEmulated: ["resolutionPolicy"],
  outputs: [
    "azureApiVersion",
    "etag",
    "location",
    "name",
    "provisioningState",
    "registrationEnabled",
    "resolutionPolicy",
    "systemData",
    "tags",
    "type",
    "virtualNetwork",
    "virtualNetworkLinkState",
  ],
};
