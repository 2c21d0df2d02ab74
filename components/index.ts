export { isProfile, PROFILES, type Profile } from "./access/profiles.ts";
export { SchemaAccess } from "./access/schemaAccess.ts";
export type { AdditionalGrantArgs, SchemaAccessArgs, SchemaMemberArgs } from "./access/schemaAccessArgs.ts";
export { requireSameCloud } from "./azure/cloud.ts";
export { type Administrator, deployer } from "./azure/deployer.ts";
export { ConnectionCheck, type ConnectionCheckArgs } from "./connectionCheck/connectionCheck.ts";
export type { Receipt } from "./connectionCheck/receipt.ts";
export {
  type ConnectionDetails,
  type ConnectionFacts,
  connectionDetails,
} from "./connectionDetails/connectionDetails.ts";
export { AdministratorDriftCheck, type AdministratorDriftCheckArgs } from "./driftCheck/administratorDriftCheck.ts";
export { FirewallDriftCheck, type FirewallDriftCheckArgs } from "./driftCheck/firewallDriftCheck.ts";
export { EntraPostgresServer } from "./entraPostgresServer/entraPostgresServer.ts";
export type {
  DatabaseArgs,
  EntraPostgresServerArgs,
  FirewallRuleArgs,
  PrivateEndpointArgs,
  ServerParameterArgs,
} from "./entraPostgresServer/entraPostgresServerArgs.ts";
export { InvalidArguments } from "./errors/invalidArguments.ts";
export { ExistingServer, type ExistingServerArgs } from "./existingServer/existingServer.ts";
export { type FoundServer, findServer } from "./existingServer/findServer.ts";
export { ExistingVm, type ExistingVmArgs } from "./existingVm/existingVm.ts";
export { type FoundIdentity, type FoundVm, findIdentity, findVm, requireOnVm } from "./existingVm/findVm.ts";
export { IdentityVm } from "./identityVm/identityVm.ts";
export type { CloudConfig, IdentityVmArgs } from "./identityVm/identityVmArgs.ts";
export type { AdministratorArgs, AdminLoginArgs } from "./postgres/adminLogin.ts";
export { EntraPrincipal, type EntraPrincipalArgs } from "./principal/entraPrincipal.ts";
export type { DatabaseLoginArgs } from "./privateDatabase/databaseProvider.ts";
export { PrivateDatabase, type PrivateDatabaseArgs } from "./privateDatabase/privateDatabase.ts";
export { requirePlainEnvironment } from "./privateDatabase/providerEnvironment.ts";
export { requireProviderLogin } from "./privateDatabase/providerLogin.ts";
export { PrivateNetwork, type PrivateNetworkArgs } from "./privateNetwork/privateNetwork.ts";
export { ServerLogs, type ServerLogsArgs } from "./serverLogs/serverLogs.ts";
