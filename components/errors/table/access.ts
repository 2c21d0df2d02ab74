import type { ErrorTable } from "./entry.ts";

/** Databases, schemas and the rights in them. */
export const ACCESS_ERRORS = {
  "EP-ACCESS-01": {
    title: "An argument of SchemaAccess is invalid",
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
    meaning: "A schema of this name exists, and another stack manages it or another role owns it.",
    next: "choose another schema, or rename the existing one with the statement that the error shows",
  },
  "EP-ACCESS-04": {
    title: "Rights or memberships were granted outside Pulumi",
    meaning:
      "A role holds rights in the schema, or is a member of its roles, and neither a profile, `grants` nor `members` declares it.",
    next: "declare them in `grants` or `members` of SchemaAccess, or revoke them with the statements that the error shows",
  },
  "EP-ACCESS-05": {
    title: "The schema or its database still contains objects",
    meaning:
      "Deleting the schema, or the database with its last schema, would lose the objects that the error lists. Nothing was dropped.",
    next: 'set onDelete to "drop" or "retain", run `pulumi up`, then delete again',
  },
  "EP-ACCESS-06": {
    title: "A role of the schema already exists",
    meaning: "Another stack or a person made a role with the name of one of the schema's roles.",
    next: "choose another `schema` or `database` in `schemas`, or set rolePrefix of SchemaAccess",
    outside: [{ text: /role "[^"]*_(owner|migrator|writer|reader)" already exists/ }],
  },
  "EP-ACCESS-07": {
    title: "This administrator does not hold ADMIN on a role",
    meaning:
      "On PostgreSQL 16 and later a role is managed by those who hold ADMIN on it: the administrator who created it, and those it was given to.",
    next: "run `pulumi up` logged in as an administrator who holds it, or use a group as the administrator",
    outside: [{ text: /Only roles with the ADMIN option on role/ }],
  },
  "EP-ACCESS-08": {
    title: "A member of the schema does not exist",
    meaning: "`members` names a role that the server does not have.",
    next: "correct `members` of SchemaAccess, or create the role first",
  },
  "EP-ACCESS-09": {
    title: "A role of `grants` does not exist",
    meaning: "`grants` names a role that the server does not have.",
    next: "correct `grants` of SchemaAccess, or create the role first",
  },
  "EP-ACCESS-10": {
    title: "An object of `grants` does not exist",
    meaning: "`grants` names a table, sequence or function that the schema does not have.",
    next: "correct `grants` of SchemaAccess, or create the object first",
  },
  "EP-ACCESS-11": {
    title: "The rights are not as declared after the change",
    meaning: "The rights were read back in the same transaction and differ. The transaction was rolled back.",
    next: "run `pulumi up` again; if the same rights differ again, report it with this message",
  },
  "EP-ACCESS-12": {
    title: "The state was written by an older version",
    meaning: "That version made a schema of a resource for each role and grant. Nothing has changed.",
    next: 'with the older version, set onDelete to "retain", run `pulumi up`, then `pulumi destroy`; this version adopts the schema',
  },
  "EP-ACCESS-13": {
    title: "The server does not allow the extension",
    meaning:
      "Azure creates only extensions that the server parameter azure.extensions lists, and only for administrators.",
    next: "list the extension in `extensions` of a schema in the configuration, or in the parameter azure.extensions of EntraPostgresServer",
    outside: [
      { text: /extension "[^"]*" is not allow-listed/ },
      { text: /Only members of "azure_pg_admin" are allowed to use CREATE EXTENSION/ },
    ],
  },
} as const satisfies ErrorTable;
