export { ConnectionCheck, type ConnectionCheckArgs } from "./connectionCheck.ts";
export { type ConnectionDetails, type ConnectionFacts, connectionDetails } from "./connectionDetails.ts";
export { type Administrator, deployer } from "./deployer.ts";
export {
  type AdministratorArgs,
  EntraPostgresServer,
  type EntraPostgresServerArgs,
  type FirewallRuleArgs,
  type ServerParameterArgs,
} from "./entraPostgresServer.ts";
export { IdentityVm, type IdentityVmArgs } from "./identityVm.ts";
export { EntraPrincipal, type EntraPrincipalArgs } from "./principal/resource.ts";
export type { Receipt } from "./receipt.ts";
