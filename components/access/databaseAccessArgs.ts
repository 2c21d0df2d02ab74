import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseLoginArgs } from "./databaseProvider.ts";

/** A grant beside those of the profiles, to any role. */
export interface AdditionalGrantArgs {
  /** Role that gets it; it must exist. Changing it replaces the grant. */
  role: pulumi.Input<string>;
  /** `database`, `schema`, `table`, `sequence` or `function`, which includes procedures. */
  objectType: string;
  /**
   * Names of the tables, sequences or functions in the schema. Take a name out before the object is dropped: the provider cannot
   * revoke what is not there. @default all that are there
   */
  objects?: string[];
  /** Privileges by PostgreSQL's own words, such as `TRUNCATE`; exactly these, on these objects. */
  privileges: string[];
}

/** The arguments of {@link DatabaseAccess}. */
export interface DatabaseAccessArgs extends DatabaseLoginArgs {
  /** Name of the application's schema, made here; never `public`. Changing it replaces everything here, and is refused while it holds something. */
  schema: pulumi.Input<string>;
  /** What the profiles' roles are called before `_reader` and so on; roles are the whole server's. @default `<database>_<schema>` */
  rolePrefix?: pulumi.Input<string>;
  /**
   * What a delete does with a schema that holds something: `refuse` lists it and changes nothing; `drop` drops it; `retain` leaves
   * schema and contents to the administrator. Large objects of the profiles' roles count as held by it, and go to the administrator with
   * `drop`, too. As the deletion's settings, it counts from the `up` before. @default "refuse"
   */
  onDelete?: string;
  /** Grants beside those of the profiles. @default none */
  grants?: AdditionalGrantArgs[];
  /** Seconds to wait for the server before anything is touched, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
  /** ARM id of the server, to prove on a delete that it is gone. @default not reaching it is an error */
  serverId?: pulumi.Input<string>;
}
