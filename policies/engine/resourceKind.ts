/** A kind of resource, recognised by its type token. */
export interface ResourceKind {
  /** The name in messages, such as `PostgreSQL flexible server`. */
  readonly name: string;
  /** Whether a type token is of this kind. */
  is(type: string): boolean;
}

/**
 * A resource of azure-native, whichever API version the program chose: `azure-native:dbforpostgresql:Server`,
 * `azure-native:dbforpostgresql/v20240801:Server`, or a local package's `azure-native_dbforpostgresql_v20240801:dbforpostgresql:Server`.
 */
function azure(name: string, modules: readonly string[], resources: readonly string[]): ResourceKind {
  const [module, resource] = [modules.join("|"), resources.join("|")];
  const token = new RegExp(
    `^azure-native(?:_(?:${module})_v[0-9a-z]+)?:(?:${module})(?:/v[0-9a-z]+)?:(?:${resource})$`,
  );
  return { name, is: (type) => token.test(type) };
}

function exactly(name: string, ...tokens: readonly string[]): ResourceKind {
  return { name, is: (type) => tokens.includes(type) };
}

export const RESOURCE_GROUP = azure("resource group", ["resources"], ["ResourceGroup"]);
export const SERVER = azure("PostgreSQL flexible server", ["dbforpostgresql"], ["Server"]);
/** `Administrator` is its name in API versions before 2025-08-01. */
export const ADMINISTRATOR = azure(
  "Entra administrator",
  ["dbforpostgresql"],
  ["AdministratorsMicrosoftEntra", "Administrator"],
);
export const DATABASE = azure("database", ["dbforpostgresql"], ["Database"]);
export const FIREWALL_RULE = azure("firewall rule", ["dbforpostgresql"], ["FirewallRule"]);
export const CONFIGURATION = azure("server parameter", ["dbforpostgresql"], ["Configuration"]);
export const VIRTUAL_MACHINE = azure("virtual machine", ["compute"], ["VirtualMachine"]);
export const USER_IDENTITY = azure("user-assigned identity", ["managedidentity"], ["UserAssignedIdentity"]);
export const SECURITY_GROUP = azure("network security group", ["network"], ["NetworkSecurityGroup"]);
export const SECURITY_RULE = azure("network security rule", ["network"], ["SecurityRule"]);
/** `insights` is its module before version 3 of azure-native. */
export const DIAGNOSTIC_SETTING = azure("diagnostic setting", ["monitor", "insights"], ["DiagnosticSetting"]);
export const ENTRA_PRINCIPAL = exactly("database principal", "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal");
export const SCHEMA_ACCESS = exactly("schema with its rights", "pulumi-nodejs:dynamic/entra-postgres:SchemaAccess");
export const GRANT = exactly("grant", "postgresql:index/grant:Grant");
export const GRANT_ROLE = exactly("membership", "postgresql:index/grantRole:GrantRole");
/** The SDK also has it under an older token. */
export const DEFAULT_PRIVILEGES = exactly(
  "default privileges",
  "postgresql:index/defaultPrivileges:DefaultPrivileges",
  "postgresql:index/defaultPrivileg:DefaultPrivileg",
);
export const ROLE = exactly("database role", "postgresql:index/role:Role");
export const SCHEMA = exactly("schema", "postgresql:index/schema:Schema");
export const SECURITY_LABEL = exactly("security label", "postgresql:index/securityLabel:SecurityLabel");
export const POSTGRESQL_PROVIDER = exactly("postgresql provider", "pulumi:providers:postgresql");

/** Resources that Azure takes tags for, of those that a program for such a server has. */
export const TAGGED: readonly ResourceKind[] = [
  RESOURCE_GROUP,
  SERVER,
  VIRTUAL_MACHINE,
  USER_IDENTITY,
  SECURITY_GROUP,
  azure("network resource", ["network"], ["VirtualNetwork", "PublicIPAddress", "NetworkInterface", "PrivateEndpoint"]),
  azure("private DNS resource", ["privatedns", "network"], ["PrivateZone", "VirtualNetworkLink"]),
  azure("Log Analytics workspace", ["operationalinsights"], ["Workspace"]),
];
