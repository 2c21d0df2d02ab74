export {
  type AdditionalGrantArgs,
  DatabaseAccess,
  type DatabaseAccessArgs,
  type Membership,
} from "./access/databaseAccess.ts";
export type { DatabaseLoginArgs } from "./access/databaseProvider.ts";
export { isProfile, PROFILES, type Profile } from "./access/profiles.ts";
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
export {
  EntraPostgresServer,
  type EntraPostgresServerArgs,
  type FirewallRuleArgs,
  type ServerParameterArgs,
} from "./entraPostgresServer/entraPostgresServer.ts";
export type { PrivateEndpointArgs } from "./entraPostgresServer/privateEndpoint.ts";
export { InvalidArguments } from "./errors/invalidArguments.ts";
export { type CloudConfig, IdentityVm, type IdentityVmArgs } from "./identityVm/identityVm.ts";
export type { AdministratorArgs, AdminLoginArgs } from "./postgres/adminLogin.ts";
export { EntraPrincipal, type EntraPrincipalArgs } from "./principal/entraPrincipal.ts";
export { PrivateDatabase, type PrivateDatabaseArgs } from "./privateDatabase/privateDatabase.ts";
export { PrivateNetwork, type PrivateNetworkArgs } from "./privateNetwork/privateNetwork.ts";
export { ServerLogs, type ServerLogsArgs } from "./serverLogs/serverLogs.ts";
