/** What differs from one Azure cloud to another. */
export interface Cloud {
  /** Where Microsoft Entra gives tokens. @default the Azure SDK's own: AZURE_AUTHORITY_HOST, else the public cloud's */
  authorityHost?: string;
  /** The resource for which the database takes tokens, the audience of these tokens. */
  database: string;
  /** The private DNS zone in which a flexible server's private address is found. */
  privateZone: string;
  /** The resource of Azure Resource Manager, and where it is. */
  resourceManager: string;
  /** The resource of Microsoft Graph, which knows the directory, and where it is. */
  graph: string;
}

/**
 * The clouds that azure-native knows. Everything that depends on the cloud is read from here, and this file loads nothing. Sources: the names,
 * provider/pkg/azure/cloud/cloud.go of pulumi/pulumi-azure-native; the database's resource, `ossrdbms_resource_id` in azure/cli/core/cloud.py
 * of Azure/azure-cli; the zones, Microsoft Learn, "Azure Private Endpoint private DNS zone values";
 * Microsoft Graph, Microsoft Learn, "Microsoft Graph national cloud deployments".
 */
export const CLOUDS: readonly { names: readonly string[]; cloud: Cloud & { authorityHost: string } }[] = [
  {
    names: ["public", "azurecloud"],
    cloud: {
      authorityHost: "https://login.microsoftonline.com",
      database: "https://ossrdbms-aad.database.windows.net",
      privateZone: "privatelink.postgres.database.azure.com",
      resourceManager: "https://management.azure.com",
      graph: "https://graph.microsoft.com",
    },
  },
  {
    names: ["usgovernment", "usgov", "azureusgovernment", "azureusgovernmentcloud", "usgovernmentl4"],
    cloud: {
      authorityHost: "https://login.microsoftonline.us",
      database: "https://ossrdbms-aad.database.usgovcloudapi.net",
      privateZone: "privatelink.postgres.database.usgovcloudapi.net",
      resourceManager: "https://management.usgovcloudapi.net",
      graph: "https://graph.microsoft.us",
    },
  },
  {
    names: ["china", "azurechinacloud"],
    cloud: {
      authorityHost: "https://login.chinacloudapi.cn",
      database: "https://ossrdbms-aad.database.chinacloudapi.cn",
      privateZone: "privatelink.postgres.database.chinacloudapi.cn",
      resourceManager: "https://management.chinacloudapi.cn",
      graph: "https://microsoftgraph.chinacloudapi.cn",
    },
  },
];
