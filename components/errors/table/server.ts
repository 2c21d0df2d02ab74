import type { ErrorTable } from "./entry.ts";

/** The server and its network. */
export const SERVER_ERRORS = {
  "EP-SERVER-01": {
    title: "An argument of EntraPostgresServer is invalid",
    meaning: "The value was refused before any resource was created.",
    next: "correct the arguments that the error names",
  },
  "EP-SERVER-02": {
    title: "An administrator cannot be renamed",
    meaning:
      "Azure refuses another name or type for an administrator that it has, and deleting it first would leave the roles that it manages without one.",
    next: "add another administrator, log in as it, remove this one, then add it again under its new name",
  },
  "EP-SERVER-03": {
    title: "This login does not stay an administrator",
    meaning:
      "The administrator that runs this update is removed by it. The roles are handed over, and nothing was removed.",
    next: "log in as an administrator that stays, and run `pulumi up` again",
  },
  "EP-SERVER-04": {
    title: "Roles depend on the administrator that is removed",
    meaning:
      "PostgreSQL can drop what a role granted together with that role. Nobody else could manage the roles that the error lists.",
    next: "keep the administrator, run `pulumi up` logged in as one that stays, then remove it",
  },
  "EP-SERVER-05": {
    title: "The id is not that of a flexible server",
    meaning: "An existing server is named by its ARM id.",
    next: "copy the id: `az postgres flexible-server show --name … --resource-group … --query id`",
  },
  "EP-SERVER-06": {
    title: "The existing server cannot be read",
    meaning: "It does not exist, or whoever runs Pulumi has no right to read it. Nothing was changed.",
    next: "compare the id with `az postgres flexible-server list --query [].id`; whoever runs Pulumi needs Reader on it",
  },
  "EP-SERVER-07": {
    title: "The server is in another subscription, tenant or region",
    meaning:
      "A program works in one subscription and one tenant, and a server with its clients in one region. Nothing was changed.",
    next: "name a server of the stack's subscription, tenant and region, or set azure-native:subscriptionId and location",
  },
  "EP-SERVER-08": {
    title: "The server's PostgreSQL is too old",
    meaning: "The roles' rights rest on the INHERIT and SET options of memberships, which PostgreSQL 16 brought.",
    next: "upgrade it: `az postgres flexible-server upgrade --version 17 --name … --resource-group …`",
  },
  "EP-SERVER-09": {
    title: "The server does not run",
    meaning: "Roles are made inside the server, which has to run for that. Nothing was changed.",
    next: "az postgres flexible-server start --name … --resource-group …",
  },
  "EP-SERVER-10": {
    title: "The administrator or database is there with other properties",
    meaning: "What another program made is used as it is and never changed.",
    next: "write into the configuration what Azure has, or choose another name",
  },
  "EP-SERVER-11": {
    title: "The existing server has no public endpoint",
    meaning: "It is reached by its private endpoint or from its own network, and has no firewall.",
    next: "put the VMs into a network that reaches it (vmSubnetId), and take allowedAddresses out",
  },
  "EP-SERVER-12": {
    title: "A resource exists that the stack does not know",
    meaning:
      "azure-native creates no resource whose id is taken: a database that `onDelete: retain` kept, or what another program made. Nothing was changed.",
    next: "pulumi import azure-native:dbforpostgresql:Database app-database-<name> <id in the error> --parent app=<URN of EntraPostgresServer> --protect=false",
    outside: [{ text: /cannot create already existing resource/ }],
  },
  "EP-SERVER-13": {
    title: "The server takes no administrators yet",
    meaning:
      "Azure calls a new server ready before its database is. `pulumi up` waits until the server answers, for ten minutes at most.",
    next: "run `pulumi up` again; if it fails again, look at the server's state in the portal",
    outside: [{ arm: "AadAuthOperationCannotBePerformedWhenServerIsNotAccessible" }],
  },
} as const satisfies ErrorTable;
