import type { ErrorTable } from "./entry.ts";

/** What a first `pulumi up` would stop at, as `make preflight` finds it before anything is created. */
export const PREFLIGHT_ERRORS = {
  "EP-PREFLIGHT-01": {
    title: "A resource provider is not registered",
    meaning: "A subscription uses a service of Azure only after its resource provider is registered, once.",
    next: "register it: az provider register --wait --namespace <namespace>",
    outside: [{ arm: "MissingSubscriptionRegistration" }],
  },
  "EP-PREFLIGHT-02": {
    title: "The subscription has no such region",
    meaning: "`location` is not the name of a region that the subscription can use.",
    next: "choose a name of `az account list-locations --query [].name`, and set location",
    outside: [{ arm: "LocationNotAvailableForResourceType" }],
  },
  "EP-PREFLIGHT-03": {
    title: "The region is closed to new servers of this subscription",
    meaning:
      "Azure restricts regions that are short of capacity by subscription, new and free ones first. A support request can lift it.",
    next: "set location to a region that the error names, or request access: https://aka.ms/postgres-request-quota-increase",
    outside: [{ arm: "LocationIsOfferRestricted" }],
  },
  "EP-PREFLIGHT-04": {
    title: "The region does not offer this version of PostgreSQL",
    meaning: "New versions reach the regions one after another.",
    next: "set postgresVersion to one that the error names, or choose another region",
  },
  "EP-PREFLIGHT-05": {
    title: "The region does not offer this compute size to servers",
    meaning: "Azure offers each subscription the compute sizes for which the region has capacity.",
    next: "set serverSku to one that the error names, or choose another region",
  },
  "EP-PREFLIGHT-06": {
    title: "The region does not offer this high availability",
    meaning:
      "A standby in another zone needs a region with zones that has capacity for it, and a size that supports it.",
    next: "set highAvailability or the zones to what the error names, or choose another region",
  },
  "EP-PREFLIGHT-07": {
    title: "The region does not offer geo-redundant backup",
    meaning: "Azure keeps backups in a second region only where the region has a pair.",
    next: "set geoRedundantBackup to Disabled, or choose another region",
  },
  "EP-PREFLIGHT-08": {
    title: "The region does not offer this VM size to the subscription",
    meaning:
      "The region lacks the size or has no capacity of it for this subscription, or the size has no trusted launch.",
    next: "set vmSize to one of `az vm list-skus --location <region> --resource-type virtualMachines --all`",
    outside: [{ arm: "SkuNotAvailable" }],
  },
  "EP-PREFLIGHT-09": {
    title: "The quota of virtual cores is used up",
    meaning: "Azure limits the cores of a subscription by region, in all and by family of sizes.",
    next: "request more (https://aka.ms/ProdportalCRP), or set another vmSize",
    outside: [{ arm: "QuotaExceeded" }, { text: /exceeding approved .*\bquota\b/i }],
  },
  "EP-PREFLIGHT-10": {
    title: "A name is taken",
    meaning: "Servers share one list of names in a cloud; VMs of one resource group have names of their own.",
    next: "choose another name, or remove the resource that has it",
  },
  "EP-PREFLIGHT-11": {
    title: "The resource group does not exist",
    meaning: "`resourceGroupName` names an existing resource group; the program creates one only without it.",
    next: "create it with az group create, correct resourceGroupName, or remove the key",
    outside: [{ arm: "ResourceGroupNotFound" }],
  },
  "EP-PREFLIGHT-12": {
    title: "No firewall rule covers this machine's address",
    meaning: "`pulumi up` logs in to the server, so the address that it comes from must be among allowedAddresses.",
    next: "add this machine's public IPv4 address to allowedAddresses",
  },
  "EP-PREFLIGHT-13": {
    title: "The directory has no such administrator",
    meaning: "The object id is none of this tenant's, or belongs to a principal of another type.",
    next: "compare objectId and type with `az ad user show`, `az ad group show` or `az ad sp show`; a client id is not an object id",
  },
  "EP-PREFLIGHT-14": {
    title: "This machine's clock is wrong",
    meaning:
      "Tokens and certificates have a beginning and an end. Microsoft Entra takes a difference of five minutes at most.",
    next: "set the clock: timedatectl set-ntp true",
  },
  "EP-PREFLIGHT-15": {
    title: "The stack's server is not ready",
    meaning:
      "A server that is stopped, or at work, takes no login and no change. Azure starts a stopped one after seven days.",
    next: "start it with az postgres flexible-server start, or wait until its state is Ready",
  },
  "EP-PREFLIGHT-16": {
    title: "No subscription is chosen",
    meaning: "The login reaches no subscription or several, and nothing says which one the stack is for.",
    next: "pulumi config set azure-native:subscriptionId <subscription id>, one of `az account list --query [].id`",
  },
  "EP-PREFLIGHT-17": {
    title: "The subscription takes no new resources",
    meaning: "It is disabled, past due or read-only.",
    next: "look at its state in the portal, or choose another subscription",
    outside: [{ arm: "ReadOnlyDisabledSubscription" }],
  },
  "EP-PREFLIGHT-18": {
    title: "The stack has no configuration file",
    meaning:
      "`make preflight` reads Pulumi.<stack>.yaml in the project's folder; it asks neither the engine nor the backend.",
    next: "correct STACK, or begin the file with pulumi stack init <stack>",
  },
  "EP-PREFLIGHT-19": {
    title: "The command line of preflight is wrong",
    meaning: "`node program/preflight/main.ts` does not know the option, or an option lacks its value.",
    next: "see node program/preflight/main.ts --help",
  },
} as const satisfies ErrorTable;
