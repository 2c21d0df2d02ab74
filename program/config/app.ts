import type { AdditionalGrantArgs } from "entra-postgres";
import type { Profile } from "entra-postgres/profiles";
import type { ON_DELETE, PRINCIPAL_TYPES } from "./appFields.ts";

/** Whose identity logs in as an application. Without any part of it beside `roleName` and `vmName`, that of a new VM. */
export interface IdentitySettings {
  /** Name of the database role. With a VM or an identity it is that one's name. */
  roleName: string;
  /** Name of the VM to create. */
  vmName?: string | undefined;
  /** ARM id of a VM that another program made. */
  existingVmId?: string | undefined;
  /** ARM id of a user-assigned identity that another program made: the VM's, or that of something else. */
  identityId?: string | undefined;
  /** A principal of any kind, by its object id. */
  principal?: { objectId: string; type: PrincipalType } | undefined;
}

/** Kinds of principals that a role can be bound to. */
export type PrincipalType = (typeof PRINCIPAL_TYPES)[number];

/** One application: whose identity logs in, and what the identity may do. */
export interface AppSettings extends IdentitySettings {
  /** Names its resources and outputs. */
  name: string;
  /** The name that it had before; its resources are renamed in the state. */
  formerName?: string | undefined;
  profile: Profile;
  /** Its schema: the `name` of one of the stack's schemas. */
  schema: string;
}

/** One schema of one database; several applications can use it. */
export interface SchemaSettings {
  /** Names its resource, for ever. */
  name: string;
  /** Its name in PostgreSQL. */
  schema: string;
  database: string;
  /** What happens to it when it is removed while it contains objects. */
  onDelete: (typeof ON_DELETE)[number];
  /** Extensions of its database. */
  extensions: string[];
  /** Whether migrators may create further schemas. */
  createSchemas: boolean;
  /** Grants beyond the profiles. */
  grants: AdditionalGrantArgs[];
}

/** An entry of a list, with its path. */
export type Entry<Value> = Value & {
  path: string;
  /** The parts that the entry states; the others are defaults. */
  texts: Readonly<Record<string, string>>;
};

/** The beginning of the names of the schema's group roles. */
export function rolePrefix({ database, schema }: Pick<SchemaSettings, "database" | "schema">): string {
  return `${database}_${schema}`;
}
