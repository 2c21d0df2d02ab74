import {
  flag,
  integer,
  list,
  object,
  oneOf,
  type ResourceType,
  resourceGroupName,
  tags,
  text,
} from "../engine/schema.ts";

/** A Log Analytics workspace. */
export const WORKSPACE: ResourceType = {
  token: "azure-native:operationalinsights:Workspace",
  armType: "Microsoft.OperationalInsights/workspaces",
  apiVersion: "2023-09-01",
  source:
    "specification/operationalinsights/resource-manager/Microsoft.OperationalInsights/stable/2023-09-01/Workspaces.json",
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
  inputs: {
    resourceGroupName,
    workspaceName: text({
      required: true,
      replaces: true,
      minLength: 4,
      maxLength: 63,
      pattern: /^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$/,
      rule: "letters, digits and hyphens, no hyphen at either end",
    }),
    location: text({ replaces: true }),
    tags,
    sku: object({ name: oneOf(["PerGB2018"], { required: true }) }, { notEmulated: ["capacityReservationLevel"] }),
    // Bounds of PerGB2018; 7 is taken for the free time, too. Source: Microsoft Learn, Log Analytics data retention.
    retentionInDays: integer({ minimum: 30, maximum: 730 }),
    features: object(
      { disableLocalAuth: flag() },
      {
        notEmulated: [
          "clusterResourceId",
          "enableDataExport",
          "enableLogAccessUsingOnlyResourcePermissions",
          "immediatePurgeDataOn30Days",
        ],
        computed: ["enableLogAccessUsingOnlyResourcePermissions"],
      },
    ),
    publicNetworkAccessForIngestion: oneOf(["Enabled", "Disabled"], { default: "Enabled" }),
    publicNetworkAccessForQuery: oneOf(["Enabled", "Disabled"], { default: "Enabled" }),
  },
  notEmulated: ["defaultDataCollectionRuleResourceId", "forceCmkForQuery", "identity", "workspaceCapping"],
  outputs: [
    "azureApiVersion",
    "createdDate",
    "customerId",
    "defaultDataCollectionRuleResourceId",
    "etag",
    "features",
    "forceCmkForQuery",
    "identity",
    "location",
    "modifiedDate",
    "name",
    "privateLinkScopedResources",
    "provisioningState",
    "publicNetworkAccessForIngestion",
    "publicNetworkAccessForQuery",
    "retentionInDays",
    "sku",
    "systemData",
    "tags",
    "type",
    "workspaceCapping",
  ],
};

/**
 * Log categories of a flexible server.
 * Source: Microsoft Learn, supported resource log categories, Microsoft.DBforPostgreSQL/flexibleServers.
 */
const CATEGORIES = [
  "PostgreSQLLogs",
  "PostgreSQLFlexSessions",
  "PostgreSQLFlexQueryStoreRuntime",
  "PostgreSQLFlexQueryStoreWaitStats",
  "PostgreSQLFlexTableStats",
  "PostgreSQLFlexDatabaseXacts",
];

/** Where a resource's logs and metrics go. It lives in that resource, whatever it is: the whole id in front is one parameter. */
export const DIAGNOSTIC_SETTING: ResourceType = {
  token: "azure-native:monitor:DiagnosticSetting",
  armType: "Microsoft.Insights/diagnosticSettings",
  apiVersion: "2021-05-01-preview",
  source:
    "specification/monitor/resource-manager/Microsoft.Insights/preview/2021-05-01-preview/diagnosticsSettings_API.json",
  path: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
  inputs: {
    resourceUri: text({ required: true, replaces: true }),
    name: text({ required: true, replaces: true, minLength: 1, maxLength: 260 }),
    workspaceId: text({ required: true }),
    logs: list(
      object(
        { category: oneOf(CATEGORIES), categoryGroup: oneOf(["allLogs", "audit"]), enabled: flag({ required: true }) },
        { notEmulated: ["retentionPolicy"] },
      ),
    ),
    metrics: list(
      object(
        { category: oneOf(["AllMetrics"]), enabled: flag({ required: true }) },
        { notEmulated: ["retentionPolicy", "timeGrain"] },
      ),
    ),
  },
  notEmulated: [
    "eventHubAuthorizationRuleId",
    "eventHubName",
    "logAnalyticsDestinationType",
    "marketplacePartnerId",
    "serviceBusRuleId",
    "storageAccountId",
  ],
  outputs: [
    "azureApiVersion",
    "eventHubAuthorizationRuleId",
    "eventHubName",
    "logAnalyticsDestinationType",
    "logs",
    "marketplacePartnerId",
    "metrics",
    "name",
    "serviceBusRuleId",
    "storageAccountId",
    "systemData",
    "type",
    "workspaceId",
  ],
};
