import { type ResourceType, resourceGroupName, tags, text } from "../engine/schema.ts";

/** A user-assigned managed identity. Name: Azure's naming rules, Microsoft.ManagedIdentity/userAssignedIdentities. */
export const USER_ASSIGNED_IDENTITY: ResourceType = {
  token: "azure-native:managedidentity:UserAssignedIdentity",
  armType: "Microsoft.ManagedIdentity/userAssignedIdentities",
  apiVersion: "2023-01-31",
  source:
    "specification/msi/resource-manager/Microsoft.ManagedIdentity/ManagedIdentity/stable/2023-01-31/ManagedIdentity.json",
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
  inputs: {
    resourceGroupName,
    resourceName: text({
      required: true,
      replaces: true,
      minLength: 3,
      maxLength: 128,
      pattern: /^[a-zA-Z0-9][\w-]*$/,
      rule: "letters, digits, hyphens and underscores, beginning with a letter or digit",
    }),
    location: text({ required: true, replaces: true }),
    tags,
  },
  outputs: ["azureApiVersion", "clientId", "location", "name", "principalId", "systemData", "tags", "tenantId", "type"],
};
