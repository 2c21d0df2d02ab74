import type { AdditionalGrantArgs } from "entra-postgres";
import type { Profile } from "entra-postgres/profiles";
import type { ON_DELETE } from "./appFields.ts";

/** One application: its VM, whose identity logs in, and what the identity may do. */
export interface AppSettings {
  /** Names its resources and outputs. */
  name: string;
  /** The name that it had before; its resources are renamed in the state. */
  formerName?: string | undefined;
  vmName: string;
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
