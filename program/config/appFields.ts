import { PROFILES } from "entra-postgres/profiles";
import { memberNameProblem } from "entra-postgres/role-names";
import { z } from "zod";
import { armIdOf, type Field, json, listOf, OBJECT_ID, oneOf, text } from "./key.ts";

/** What happens to a schema that contains objects when it is removed. */
export const ON_DELETE = ["refuse", "drop", "retain"] as const;

/** Kinds of principals that a role can be bound to. */
export const PRINCIPAL_TYPES = ["service", "user", "group"] as const;

/** Bytes of a name that PostgreSQL keeps. */
export const LONGEST_NAME = 63;

/** Characters of an application's name, which other names are made of. */
export const LONGEST_APP_NAME = 31;

/** A VM's name. It is the database role's name, too, so PostgreSQL's and Azure's reserved role names are refused. */
export const VM_NAME = text(
  /^(?!(public|none|postgres|replication|azuresu)$)[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/i,
  "2 to 63 letters, digits and hyphens, no hyphen at either end; " +
    "it is the role's name, too, so not public, none, postgres, replication or azuresu",
  "orders-api",
);

/** A database's name. The names of the profiles' roles begin with it, so it has no prefix that PostgreSQL or Azure reserves for roles. */
export const DATABASE_NAME = text(
  /^(?!(postgres|azure_maintenance|azure_sys|template[01])$|(pg|azure)_)[a-z_][a-z0-9_]{0,62}$/,
  "1 to 63 lower-case letters, digits and _; not a database that every server has, not pg_... or azure_...",
  "app",
);

const NAME = text(/^[a-z][a-z0-9-]{0,30}$/, "a lower-case letter, then up to 30 letters, digits and hyphens", "orders");

/** The parts of an application in `apps`. Name and profile are required; the others have defaults. */
export const APP_FIELDS = {
  name: NAME,
  profile: oneOf(PROFILES, "writer"),
  schema: { ...NAME, allowed: "the name of a schema in schemas, or of an application whose schema it shares" },
  vmName: VM_NAME,
  formerName: NAME,
  existingVmId: armIdOf("a virtual machine with Linux", "Microsoft.Compute/virtualMachines"),
  identityId: armIdOf("a user-assigned identity", "Microsoft.ManagedIdentity/userAssignedIdentities"),
  objectId: OBJECT_ID,
  roleName: {
    type: z.string().refine((name) => memberNameProblem(name) === undefined),
    allowed: "the principal's name in Microsoft Entra, of at most 63 bytes that can all be seen",
    example: "orders-api",
  },
  principalType: oneOf(PRINCIPAL_TYPES, "service"),
} satisfies Record<string, Field<unknown>>;

/** The parts of a schema in `schemas`. The name is required; the others have defaults. */
export const SCHEMA_FIELDS = {
  name: NAME,
  schema: text(
    /^(?!(public|information_schema)$|pg_)[a-z_][a-z0-9_]{0,62}$/,
    "1 to 63 lower-case letters, digits and _; not public, which every database has, and not pg_...",
    "orders",
  ),
  database: DATABASE_NAME,
  onDelete: oneOf(ON_DELETE, "refuse"),
  extensions: listOf(/^[a-z][a-z0-9_-]*$/, "a list of extensions' names", "pg_trgm"),
  createSchemas: {
    type: z.enum(["true", "false"]).transform((word) => word === "true"),
    allowed: "true, false",
    example: "true",
  },
  grants: {
    type: json.pipe(
      z.array(
        z.strictObject({
          role: z.string().min(1),
          objectType: z.string(),
          objects: z.array(z.string()).min(1).exactOptional(),
          privileges: z.array(z.string()),
        }),
      ),
    ),
    allowed: "a list of objects with role, objectType, privileges and, for some objects only, objects",
    example: '[{"role": "auditor", "objectType": "table", "privileges": ["SELECT"]}]',
  },
} satisfies Record<string, Field<unknown>>;
