import type { Rule } from "./engine/rule.ts";
import { administratorNoLoneUser } from "./rules/administratorNoLoneUser.ts";
import { backupRetention } from "./rules/backupRetention.ts";
import { deletionProtection } from "./rules/deletionProtection.ts";
import { diagnostics } from "./rules/diagnostics.ts";
import { entraAdministrator } from "./rules/entraAdministrator.ts";
import { entraOnlyAuthentication } from "./rules/entraOnlyAuthentication.ts";
import { environmentTag } from "./rules/environmentTag.ts";
import { firewallNoAllAddresses } from "./rules/firewallNoAllAddresses.ts";
import { firewallNoAzureServices } from "./rules/firewallNoAzureServices.ts";
import { firewallNoWideRange } from "./rules/firewallNoWideRange.ts";
import { geoRedundantBackup } from "./rules/geoRedundantBackup.ts";
import { grantsWithinProfiles } from "./rules/grantsWithinProfiles.ts";
import { highAvailability } from "./rules/highAvailability.ts";
import { noAdminPrincipal } from "./rules/noAdminPrincipal.ts";
import { noApplicationAdministrator } from "./rules/noApplicationAdministrator.ts";
import { noPredefinedRoles } from "./rules/noPredefinedRoles.ts";
import { noPublicAccess } from "./rules/noPublicAccess.ts";
import { noPublicGrants } from "./rules/noPublicGrants.ts";
import { postgresqlProvider } from "./rules/postgresqlProvider.ts";
import { postgresVersion } from "./rules/postgresVersion.ts";
import { requiredTags } from "./rules/requiredTags.ts";
import { roleNameLength } from "./rules/roleNameLength.ts";
import { roleWithoutPassword } from "./rules/roleWithoutPassword.ts";
import { secureTransport } from "./rules/secureTransport.ts";
import { sshNotOpen } from "./rules/sshNotOpen.ts";
import { tlsVersion } from "./rules/tlsVersion.ts";
import { vmManagedIdentity } from "./rules/vmManagedIdentity.ts";
import { vmNoPassword } from "./rules/vmNoPassword.ts";
import { vmTrustedLaunch } from "./rules/vmTrustedLaunch.ts";

/** All rules of the pack: the server's login, its network, the machine, operation, rights in the database. */
export const rules: readonly Rule[] = [
  entraOnlyAuthentication,
  entraAdministrator,
  administratorNoLoneUser,
  noApplicationAdministrator,
  noAdminPrincipal,
  firewallNoWideRange,
  firewallNoAllAddresses,
  firewallNoAzureServices,
  noPublicAccess,
  tlsVersion,
  secureTransport,
  vmNoPassword,
  vmTrustedLaunch,
  vmManagedIdentity,
  sshNotOpen,
  backupRetention,
  geoRedundantBackup,
  highAvailability,
  deletionProtection,
  diagnostics,
  requiredTags,
  environmentTag,
  grantsWithinProfiles,
  noPublicGrants,
  noPredefinedRoles,
  roleNameLength,
  roleWithoutPassword,
  postgresVersion,
  postgresqlProvider,
];
