import { checkAddress } from "./checks/address.ts";
import { checkAdministrators } from "./checks/administrators.ts";
import { checkClock } from "./checks/clock.ts";
import { checkConfiguration } from "./checks/configuration.ts";
import { checkDatabaseLogin } from "./checks/databaseLogin.ts";
import { checkExisting } from "./checks/existing.ts";
import { checkCloud, checkLogin, checkSubscription, checkTenant } from "./checks/login.ts";
import { checkMachineNames, checkResourceGroup, checkServerName } from "./checks/names.ts";
import { checkProviders } from "./checks/providers.ts";
import { checkGeoBackup, checkHighAvailability, checkRegion, checkServerSize, checkVersion } from "./checks/region.ts";
import { checkRights } from "./checks/rights.ts";
import { checkServerQuota } from "./checks/serverQuota.ts";
import { checkServerState } from "./checks/serverState.ts";
import { checkMachineQuota, checkMachineSize } from "./checks/virtualMachines.ts";
import type { Context } from "./context.ts";

/** Every check, in the order of the table. Each returns words for "ok", and throws for the rest. None changes anything. */
export const CHECKS: readonly { check: string; ask: (context: Context) => Promise<string> }[] = [
  { check: "configuration", ask: checkConfiguration },
  { check: "cloud", ask: checkCloud },
  { check: "login", ask: checkLogin },
  { check: "tenant", ask: checkTenant },
  { check: "subscription", ask: checkSubscription },
  { check: "clock", ask: checkClock },
  { check: "resource group", ask: checkResourceGroup },
  { check: "existing resources", ask: checkExisting },
  { check: "rights", ask: checkRights },
  { check: "resource providers", ask: checkProviders },
  { check: "region", ask: checkRegion },
  { check: "PostgreSQL version", ask: checkVersion },
  { check: "server size", ask: checkServerSize },
  { check: "server quota", ask: checkServerQuota },
  { check: "high availability", ask: checkHighAvailability },
  { check: "geo-redundant backup", ask: checkGeoBackup },
  { check: "VM size", ask: checkMachineSize },
  { check: "VM quota", ask: checkMachineQuota },
  { check: "server name", ask: checkServerName },
  { check: "VM names", ask: checkMachineNames },
  { check: "server state", ask: checkServerState },
  { check: "address", ask: checkAddress },
  { check: "administrators", ask: checkAdministrators },
  { check: "login of @pulumi/postgresql", ask: checkDatabaseLogin },
];
