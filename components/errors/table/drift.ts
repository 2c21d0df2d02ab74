import type { ErrorTable } from "./entry.ts";

/** What exists on a server and is declared nowhere. */
export const DRIFT_ERRORS = {
  "EP-DRIFT-01": {
    title: "The server has an undeclared administrator",
    meaning: "Somebody administers the server whom the configuration does not name.",
    next: "name the administrator in moreAdministrators, or remove it as the error says",
  },
  "EP-DRIFT-02": {
    title: "The firewall has an undeclared rule",
    meaning: "The server's firewall has a rule that the configuration does not name.",
    next: "delete the rule as the error says; add its address to allowedAddresses if it is needed",
  },
  "EP-DRIFT-03": {
    title: "The server no longer exists",
    meaning: "Azure reports that the server of the drift check does not exist.",
    next: "run `pulumi up --refresh`, which recreates what no longer exists",
  },
  "EP-DRIFT-04": {
    title: "Azure did not list the firewall rules",
    meaning: "Azure Resource Manager refused or failed the request. Nothing was changed.",
    next: "give the deployer the role Reader on the server's resource group; compare serverId, tenant and cloud",
  },
  "EP-DRIFT-05": {
    title: "An older version wrote the state",
    meaning: "The state holds checks of a version before the first release, which this version replaces.",
    next: "run `pulumi up` once without --refresh; where that fails, set `onDelete: retain`, destroy with the older version, and deploy again",
  },
} as const satisfies ErrorTable;
