import { type ResourceType, resourceGroupName, tags, text } from "./schema.ts";

/** A resource group. azure-native replaces it for a new location: provider/pkg/gen/replacement.go of pulumi/pulumi-azure-native. */
export const RESOURCE_GROUP: ResourceType = {
  token: "azure-native:resources:ResourceGroup",
  armType: "Microsoft.Resources/resourceGroups",
  apiVersion: "2024-03-01",
  source: "specification/resources/resource-manager/Microsoft.Resources/stable/2024-03-01/resources.json",
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
  inputs: {
    resourceGroupName,
    location: text({ required: true, replaces: true }),
    managedBy: text(),
    tags,
  },
  outputs: ["azureApiVersion", "location", "managedBy", "name", "properties", "tags", "type"],
};
