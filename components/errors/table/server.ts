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
} as const satisfies ErrorTable;
