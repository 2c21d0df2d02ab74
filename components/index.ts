export { isProfile, PROFILES, type Profile } from "./access/profiles.ts";
export { AdministratorGuard, type AdministratorGuardArgs } from "./administrators/administratorGuard.ts";
export { ConnectionCheck, type ConnectionCheckArgs } from "./connectionCheck.ts";
export { type ConnectionDetails, type ConnectionFacts, connectionDetails } from "./connectionDetails.ts";
export {
  type AdditionalGrantArgs,
  DatabaseAccess,
  type DatabaseAccessArgs,
  type Membership,
} from "./databaseAccess.ts";
export type { DatabaseLoginArgs } from "./databaseProvider.ts";
export { type Administrator, deployer } from "./deployer.ts";
export {
  type AdministratorArgs,
  EntraPostgresServer,
  type EntraPostgresServerArgs,
  type FirewallRuleArgs,
  type ServerParameterArgs,
} from "./entraPostgresServer.ts";
export { FirewallGuard, type FirewallGuardArgs } from "./firewall/firewallGuard.ts";
export { type CloudConfig, IdentityVm, type IdentityVmArgs } from "./identityVm.ts";
export { InvalidArguments } from "./invalidArguments.ts";
export { EntraPrincipal, type EntraPrincipalArgs } from "./principal/resource.ts";
export { PrivateDatabase, type PrivateDatabaseArgs } from "./privateDatabase.ts";
export type { PrivateEndpointArgs } from "./privateEndpoint.ts";
export { PrivateNetwork, type PrivateNetworkArgs } from "./privateNetwork.ts";
export type { Receipt } from "./receipt.ts";
export { ServerLogs, type ServerLogsArgs } from "./serverLogs.ts";
