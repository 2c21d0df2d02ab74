import {
  integer,
  object,
  oneOf,
  type Property,
  type ResourceType,
  resourceGroupName,
  tags,
  text,
} from "../engine/schema.ts";

const API_VERSION = "2025-08-01";
const SPECIFICATION =
  "specification/postgresql/resource-manager/Microsoft.DBforPostgreSQL/PostgreSQL/stable/2025-08-01/openapi.json";
const SERVER_PATH =
  "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}";
const SWITCH = ["Enabled", "Disabled"];

/** The specification's bounds; that Azure takes small letters alone is assumed. */
const serverName: Property = text({
  required: true,
  replaces: true,
  minLength: 3,
  maxLength: 63,
  pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  rule: "small letters, digits and single hyphens between them",
});

/**
 * A flexible server. What the specification lets be set on creation only replaces it: region, administrator login, zone, and where it is
 * restored from. Its version changes in place.
 */
export const SERVER: ResourceType = {
  token: "azure-native:dbforpostgresql:Server",
  armType: "Microsoft.DBforPostgreSQL/flexibleServers",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: SERVER_PATH,
  inputs: {
    resourceGroupName,
    serverName,
    location: text({ required: true, replaces: true }),
    tags,
    administratorLogin: text({ replaces: true }),
    administratorLoginPassword: text(),
    authConfig: object({
      activeDirectoryAuth: oneOf(SWITCH),
      passwordAuth: oneOf(SWITCH),
      tenantId: text(),
    }),
    availabilityZone: text({ replaces: true, default: "" }),
    backup: object(
      { backupRetentionDays: integer({ minimum: 7, maximum: 35 }), geoRedundantBackup: oneOf(SWITCH) },
      { computed: ["earliestRestoreDate"] },
    ),
    createMode: oneOf(["Default", "Create", "Update", "PointInTimeRestore", "GeoRestore", "Replica", "ReviveDropped"]),
    highAvailability: object(
      { mode: oneOf(["Disabled", "ZoneRedundant", "SameZone"]), standbyAvailabilityZone: text() },
      { computed: ["state"] },
    ),
    maintenanceWindow: object({
      customWindow: oneOf(SWITCH),
      dayOfWeek: integer({ minimum: 0, maximum: 6 }),
      startHour: integer({ minimum: 0, maximum: 23 }),
      startMinute: integer({ minimum: 0, maximum: 59 }),
    }),
    network: object({
      publicNetworkAccess: oneOf(SWITCH),
      delegatedSubnetResourceId: text(),
      privateDnsZoneArmResourceId: text(),
    }),
    pointInTimeUTC: text({ replaces: true }),
    sku: object(
      {
        name: text({ required: true }),
        tier: oneOf(["Burstable", "GeneralPurpose", "MemoryOptimized"], { required: true }),
      },
      { required: true },
    ),
    sourceServerResourceId: text({ replaces: true }),
    storage: object(
      {
        storageSizeGB: integer(),
        autoGrow: oneOf(SWITCH),
        tier: oneOf(["P1", "P2", "P3", "P4", "P6", "P10", "P15", "P20", "P30", "P40", "P50", "P60", "P70", "P80"]),
      },
      { notEmulated: ["iops", "throughput", "type"], computed: ["iops", "throughput", "type"] },
    ),
    version: oneOf(["18", "17", "16", "15", "14", "13", "12", "11"]),
  },
  notEmulated: ["cluster", "dataEncryption", "identity", "replica", "replicationRole"],
  outputs: [
    "administratorLogin",
    "authConfig",
    "availabilityZone",
    "azureApiVersion",
    "backup",
    "cluster",
    "dataEncryption",
    "fullyQualifiedDomainName",
    "highAvailability",
    "identity",
    "location",
    "maintenanceWindow",
    "minorVersion",
    "name",
    "network",
    "privateEndpointConnections",
    "replica",
    "replicaCapacity",
    "replicationRole",
    "sku",
    "sourceServerResourceId",
    "state",
    "storage",
    "systemData",
    "tags",
    "type",
    "version",
  ],
};

/** A Microsoft Entra administrator of a server. */
export const ADMINISTRATOR: ResourceType = {
  token: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
  armType: "Microsoft.DBforPostgreSQL/flexibleServers/administrators",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: `${SERVER_PATH}/administrators/{objectId}`,
  inputs: {
    resourceGroupName,
    serverName,
    objectId: text({
      required: true,
      replaces: true,
      pattern: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
      rule: "the object id (principal id) of a user, group or service principal, a GUID",
    }),
    principalName: text({ required: true, minLength: 1 }),
    principalType: oneOf(["User", "Group", "ServicePrincipal", "Unknown"], { required: true }),
    tenantId: text(),
  },
  outputs: ["azureApiVersion", "name", "objectId", "principalName", "principalType", "systemData", "tenantId", "type"],
};

/** A database. */
export const DATABASE: ResourceType = {
  token: "azure-native:dbforpostgresql:Database",
  armType: "Microsoft.DBforPostgreSQL/flexibleServers/databases",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: `${SERVER_PATH}/databases/{databaseName}`,
  inputs: {
    resourceGroupName,
    serverName,
    databaseName: text({
      required: true,
      replaces: true,
      minLength: 1,
      maxLength: 63,
      pattern: /^[a-zA-Z_][\w-]{0,62}$/,
      rule: "letters, digits, underscores and hyphens, beginning with a letter or underscore",
    }),
    charset: text(),
    collation: text(),
  },
  outputs: ["azureApiVersion", "charset", "collation", "name", "systemData", "type"],
};

/** A server parameter. It comes with the server: deleting the resource sets it back to its default. */
export const CONFIGURATION: ResourceType = {
  token: "azure-native:dbforpostgresql:Configuration",
  armType: "Microsoft.DBforPostgreSQL/flexibleServers/configurations",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: `${SERVER_PATH}/configurations/{configurationName}`,
  singleton: true,
  inputs: {
    resourceGroupName,
    serverName,
    configurationName: text({
      required: true,
      replaces: true,
      minLength: 1,
      maxLength: 256,
      pattern: /^[-\w.]+$/,
      rule: "letters, digits, underscores, periods and hyphens",
    }),
    value: text(),
    source: text(),
  },
  outputs: [
    "allowedValues",
    "azureApiVersion",
    "dataType",
    "defaultValue",
    "description",
    "documentationLink",
    "isConfigPendingRestart",
    "isDynamicConfig",
    "isReadOnly",
    "name",
    "source",
    "systemData",
    "type",
    "unit",
    "value",
  ],
};

const IPV4 = /^((\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.){3}(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/;

/** A range of addresses that may reach the server. */
export const FIREWALL_RULE: ResourceType = {
  token: "azure-native:dbforpostgresql:FirewallRule",
  armType: "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules",
  apiVersion: API_VERSION,
  source: SPECIFICATION,
  path: `${SERVER_PATH}/firewallRules/{firewallRuleName}`,
  inputs: {
    resourceGroupName,
    serverName,
    firewallRuleName: text({
      required: true,
      replaces: true,
      minLength: 1,
      maxLength: 80,
      pattern: /^[a-zA-Z0-9]([\w-]*\w)?$/,
      rule: "letters, digits, underscores and hyphens, beginning with a letter or digit and not ending in a hyphen",
    }),
    startIpAddress: text({ required: true, pattern: IPV4, rule: "an IPv4 address" }),
    endIpAddress: text({ required: true, pattern: IPV4, rule: "an IPv4 address" }),
  },
  outputs: ["azureApiVersion", "endIpAddress", "name", "startIpAddress", "systemData", "type"],
};
