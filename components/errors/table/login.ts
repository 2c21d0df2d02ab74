import type { ErrorTable } from "./entry.ts";

/** The deployer's login in the places where another program than this one decides about it: providers, the environment, the directory. */
export const LOGIN_ERRORS = {
  "EP-LOGIN-01": {
    title: "@pulumi/postgresql cannot log in in this cloud",
    meaning: "The provider asks for tokens for the public cloud's database only, which another cloud does not have.",
    next: "grant with `grants` of SchemaAccess, or with psql as an administrator",
  },
  "EP-LOGIN-02": {
    title: "The Azure cloud is set for one provider only",
    meaning:
      "azure-native:environment names another cloud than ARM_ENVIRONMENT, from which tokens and DNS zones follow.",
    next: "set ARM_ENVIRONMENT to the cloud of azure-native:environment, or remove the key",
  },
  "EP-LOGIN-03": {
    title: "Variables of the shell would change how @pulumi/postgresql connects",
    meaning:
      "The provider reads PGOPTIONS, PGSSLNEGOTIATION, PGSERVICEFILE and others of its environment, which is that of `pulumi`.",
    next: "unset the variables that the error names",
  },
  "EP-LOGIN-04": {
    title: "@pulumi/postgresql would log in as somebody else",
    meaning:
      "The provider knows DefaultAzureCredential only. It does not read ARM_*, by which azure-native and this program log in.",
    next: "run the command that the error shows, which gives the provider the same login",
  },
  "EP-LOGIN-05": {
    title: "The token does not tell the administrator's name",
    meaning:
      "A user's role is named like its principal name, a guest's with #EXT#. Tokens of guests and personal accounts do not have it, and no role has a name of more than 63 bytes.",
    next: "run the commands that the error shows; for a name that is too long, make a group the administrator",
  },
  "EP-LOGIN-06": {
    title: "The administrator's port is PgBouncer's",
    meaning:
      "PgBouncer refuses the timeouts of the administrator's sessions, and its pool gives a session's settings to other clients.",
    next: "use port 5432 for administrators; only applications connect on 6432",
    outside: [{ text: /unsupported startup parameter/ }],
  },
} as const satisfies ErrorTable;
