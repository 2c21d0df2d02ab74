import type { ErrorTable } from "./entry.ts";

/** Databases, schemas and the rights in them. */
export const ACCESS_ERRORS = {
  "EP-ACCESS-01": {
    title: "An argument of DatabaseAccess is invalid",
    meaning: "The value was refused before any resource was created.",
    next: "correct the arguments that the error names",
  },
  "EP-ACCESS-02": {
    title: "The database belongs to another role",
    meaning:
      "Only a database's owner decides who can connect to it, such as one made before the server had administrators.",
    next: "use another database, or hand it over with the statement that the error shows",
  },
  "EP-ACCESS-03": {
    title: "The schema belongs to another role",
    meaning: "A schema of this name exists, and neither this program nor its migrator role owns it.",
    next: "choose another schema, or rename the existing one with the statement that the error shows",
  },
  "EP-ACCESS-04": {
    title: "Rights were granted outside Pulumi",
    meaning: "A role holds rights in the schema that neither a profile nor `grants` declares.",
    next: "declare them in `grants` of DatabaseAccess, or revoke them with the statements that the error shows",
  },
  "EP-ACCESS-05": {
    title: "The schema still holds objects",
    meaning: "Deleting the schema would lose the objects that the error lists. Nothing was dropped.",
    next: 'set onDelete to "drop" or "retain", run `pulumi up`, then delete again',
  },
  "EP-ACCESS-06": {
    title: "A role of the schema already exists",
    meaning: "Another stack or a person made a role with the name of one of the schema's roles.",
    next: "choose another `schema` or `database` in `apps`, or set rolePrefix of DatabaseAccess",
    outside: [{ text: /role "[^"]*_(owner|migrator|writer|reader)" already exists/ }],
  },
} as const satisfies ErrorTable;
