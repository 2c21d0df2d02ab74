import { resourceType } from "../engine/resourceType.ts";

/** A Log Analytics workspace. */
export const WORKSPACE = resourceType({
  token: "azure-native:operationalinsights:Workspace",
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
  emulates: ["features.disableLocalAuth"],
  rules: {
    workspaceName: {
      minLength: 4,
      maxLength: 63,
      pattern: /^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$/,
      rule: "letters, digits and hyphens, no hyphen at either end",
    },
    location: { replaces: true },
    "sku.name": { values: ["PerGB2018"] },
    // Bounds of PerGB2018; Azure also takes 7 on the free tier. Source: Microsoft Learn, Log Analytics data retention.
    retentionInDays: { minimum: 30, maximum: 730 },
    publicNetworkAccessForIngestion: { default: "Enabled" },
    publicNetworkAccessForQuery: { default: "Enabled" },
  },
});

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

/** The destination of a resource's logs and metrics. It lives in that resource, of whatever type: the whole id in front is one parameter. */
export const DIAGNOSTIC_SETTING = resourceType({
  token: "azure-native:monitor:DiagnosticSetting",
  path: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
  emulates: ["logs.enabled", "metrics.enabled"],
  rules: {
    name: { minLength: 1, maxLength: 260 },
    workspaceId: { required: true },
    "logs.category": { values: CATEGORIES },
    "logs.categoryGroup": { values: ["allLogs", "audit"] },
    "metrics.category": { values: ["AllMetrics"] },
  },
});
