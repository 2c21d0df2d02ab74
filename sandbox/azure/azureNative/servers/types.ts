import { resourceType } from "../engine/resourceType.ts";

// Bounds and patterns: azure-rest-api-specs, Microsoft.DBforPostgreSQL, stable/2025-08-01, openapi.json.

const SERVER_PATH =
  "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}";

/** The specification's bounds; that Azure takes small letters alone is assumed. */
const SERVER_NAME = {
  minLength: 3,
  maxLength: 63,
  pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  rule: "small letters, digits and single hyphens between them",
};

/**
 * A flexible server. The properties that the specification lets a program set only on creation replace it: region, administrator login,
 * zone, and the source of a restore. Its version changes in place.
 */
export const SERVER = resourceType({
  token: "azure-native:dbforpostgresql:Server",
  path: SERVER_PATH,
  emulates: [
    "administratorLoginPassword",
    "authConfig.activeDirectoryAuth",
    "authConfig.passwordAuth",
    "authConfig.tenantId",
    "backup.geoRedundantBackup",
    "createMode",
    "highAvailability.mode",
    "highAvailability.standbyAvailabilityZone",
    "network.publicNetworkAccess",
    "network.delegatedSubnetResourceId",
    "network.privateDnsZoneArmResourceId",
    "sku.name",
    "sku.tier",
    "storage.storageSizeGB",
    "storage.autoGrow",
    "storage.tier",
    "version",
  ],
  rules: {
    serverName: SERVER_NAME,
    location: { required: true, replaces: true },
    administratorLogin: { replaces: true },
    availabilityZone: { replaces: true, default: "" },
    "backup.backupRetentionDays": { minimum: 7, maximum: 35 },
    "maintenanceWindow.customWindow": { values: ["Enabled", "Disabled"] },
    "maintenanceWindow.dayOfWeek": { minimum: 0, maximum: 6 },
    "maintenanceWindow.startHour": { minimum: 0, maximum: 23 },
    "maintenanceWindow.startMinute": { minimum: 0, maximum: 59 },
    pointInTimeUTC: { replaces: true },
    sku: { required: true },
    sourceServerResourceId: { replaces: true },
  },
});

/** A Microsoft Entra administrator of a server. */
export const ADMINISTRATOR = resourceType({
  token: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
  path: `${SERVER_PATH}/administrators/{objectId}`,
  emulates: ["tenantId"],
  rules: {
    serverName: SERVER_NAME,
    objectId: {
      pattern: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
      rule: "the object id (principal id) of a user, group or service principal, a GUID",
    },
    principalName: { required: true, minLength: 1 },
    // The SDK's own enumeration spells them with small letters, which Azure does not answer.
    principalType: { required: true, values: ["User", "Group", "ServicePrincipal", "Unknown"] },
  },
});

/** A database. */
export const DATABASE = resourceType({
  token: "azure-native:dbforpostgresql:Database",
  path: `${SERVER_PATH}/databases/{databaseName}`,
  emulates: ["charset", "collation"],
  rules: {
    serverName: SERVER_NAME,
    databaseName: {
      minLength: 1,
      maxLength: 63,
      pattern: /^[a-zA-Z_][\w-]{0,62}$/,
      rule: "letters, digits, underscores and hyphens, beginning with a letter or underscore",
    },
  },
});

/** A server parameter. It comes with the server: deleting the resource resets it to its default. */
export const CONFIGURATION = resourceType({
  token: "azure-native:dbforpostgresql:Configuration",
  path: `${SERVER_PATH}/configurations/{configurationName}`,
  singleton: true,
  emulates: ["value", "source"],
  rules: {
    serverName: SERVER_NAME,
    configurationName: {
      minLength: 1,
      maxLength: 256,
      pattern: /^[-\w.]+$/,
      rule: "letters, digits, underscores, periods and hyphens",
    },
  },
});

const IPV4 = {
  required: true,
  pattern: /^((\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.){3}(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/,
  rule: "an IPv4 address",
};

/** A range of addresses that may reach the server. */
export const FIREWALL_RULE = resourceType({
  token: "azure-native:dbforpostgresql:FirewallRule",
  path: `${SERVER_PATH}/firewallRules/{firewallRuleName}`,
  rules: {
    serverName: SERVER_NAME,
    firewallRuleName: {
      minLength: 1,
      maxLength: 80,
      pattern: /^[a-zA-Z0-9]([\w-]*\w)?$/,
      rule: "letters, digits, underscores and hyphens, beginning with a letter or digit and not ending in a hyphen",
    },
    startIpAddress: IPV4,
    endIpAddress: IPV4,
  },
});
