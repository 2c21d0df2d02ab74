import type { ErrorTable } from "./entry.ts";

/** The server and its network. */
export const SERVER_ERRORS = {
  "EP-SERVER-01": {
    title: "An argument of EntraPostgresServer is invalid",
    meaning: "The value was refused before any resource was created.",
    next: "correct the arguments that the error names",
  },
} as const satisfies ErrorTable;
