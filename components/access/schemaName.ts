import { memberNameProblem, show } from "../postgres/roleName.ts";

/** Schemas that are not an application's: PostgreSQL's own, and `public`, which on Azure belongs to `azure_pg_admin`. */
const RESERVED = ["public", "information_schema", "pg_catalog", "pg_toast"];
/** Databases that Azure reserves; in `postgres` an administrator may not create a schema. */
const SERVICE_DATABASES = ["postgres", "azure_maintenance", "azure_sys", "template0", "template1"];

/** What is wrong with the name of a schema for an application, in words that follow the property's name; undefined when nothing is. */
export function schemaNameProblem(name: string): string | undefined {
  if (RESERVED.includes(name.toLowerCase()) || /^pg_/i.test(name)) {
    return `${show(name)} is not an application's schema; give it one of its own`;
  }
  return memberNameProblem(name);
}

/** The same of a database. */
export function databaseNameProblem(name: string): string | undefined {
  if (SERVICE_DATABASES.includes(name.toLowerCase())) {
    return `${show(name)} is reserved by Azure; use another database for the application's tables`;
  }
  return memberNameProblem(name);
}

/** The same of a role that is to be made for a profile. */
export function profileRoleProblem(name: string): string | undefined {
  if (/^(pg|azure)_/i.test(name)) {
    return `${show(name)} begins as the names that are reserved; set rolePrefix`;
  }
  const problem = memberNameProblem(name);
  return problem && `${problem}; set rolePrefix, of which the profiles' roles are named`;
}
