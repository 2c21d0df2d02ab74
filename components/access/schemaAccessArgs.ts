import type * as pulumi from "@pulumi/pulumi";
import type { AdminLoginArgs } from "../postgres/adminLogin.ts";

/** A role that is a member of a schema's roles. */
export interface SchemaMemberArgs {
  /** The role: an `EntraPrincipal`, or the name of any other role that can log in. */
  principal: { roleName: pulumi.Input<string>; roleOid?: pulumi.Input<string> };
  /** `reader`, `writer`, `migrator` or `owner`. A change is made in place. */
  profile: string;
}

/** A grant in addition to those of the profiles, to a role that is not a profile's. */
export interface AdditionalGrantArgs {
  /** Role that gets it; it must exist. `public` is every role. */
  role: pulumi.Input<string>;
  /** `database`, `schema`, `table`, `sequence` or `function`, which includes procedures. */
  objectType: string;
  /** Names of tables, sequences or functions of the schema; they must exist. @default all that exist at each `up` */
  objects?: string[];
  /** Privileges by PostgreSQL's own words, such as `TRUNCATE`; exactly these, on these objects. */
  privileges: string[];
}

/** The arguments of `SchemaAccess`. Changing `host` or `database` replaces, which is refused while the schema contains objects. */
export interface SchemaAccessArgs extends AdminLoginArgs {
  /** Database of the schema. It must belong to this administrator. */
  database: pulumi.Input<string>;
  /** Name of the schema; never `public`. A change renames it and its roles in place. */
  schema: pulumi.Input<string>;
  /** Beginning of the roles' names, before `_reader` and so on; roles belong to the whole server. @default `<database>_<schema>` */
  rolePrefix?: pulumi.Input<string>;
  /**
   * Who uses the schema, such as one identity that migrates, one that serves and one that reads. This resource alone manages their
   * memberships in the schema's roles and their login settings in the database. A principal has one schema in each database.
   * @default none
   */
  members?: SchemaMemberArgs[];
  /**
   * What a delete does with a schema that contains objects: `refuse` lists them and changes nothing; `drop` drops the schema with them;
   * `retain` leaves the schema, its roles and the database to the administrators. The last `up` before the delete decides.
   * @default "refuse"
   */
  onDelete?: string;
  /**
   * Whether the database stays when this schema, the last one that is managed in it, is deleted. Otherwise the delete also looks for objects
   * outside the schema, which would go with the database. @default false
   */
  databaseStays?: pulumi.Input<boolean>;
  /**
   * Whether migrators may create further schemas in the database. Some migration tools run CREATE SCHEMA IF NOT EXISTS, for which
   * PostgreSQL requires this right even if the schema exists. @default false
   */
  createSchemas?: boolean;
  /** Grants in addition to those of the profiles. @default none */
  grants?: AdditionalGrantArgs[];
}
