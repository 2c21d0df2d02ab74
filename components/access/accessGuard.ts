import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";

/** A grant, as {@link AccessGuard} is told of it. */
export interface GuardedGrant {
  role: pulumi.Input<string>;
  objectType: string;
  objects?: string[];
  privileges: string[];
}

/** The arguments of {@link AccessGuard}. */
export interface AccessGuardArgs {
  /**
   * `close`: comes before a database is closed, waits for the server and refuses a database that is somebody else's.
   * `claim`: comes first, waits for the server and refuses a database or a schema that is somebody else's, before anything is touched.
   * `keep`: comes last. It gives the profiles' roles what they are meant to have and no resource of the provider looks at, refuses rights
   * of others, and shows both on a refresh. It is deleted first, and refuses to let a schema go that holds something.
   * `leave`: comes after what the schema's application needs, and refuses the same before any of that is deleted.
   */
  duty: string;
  /** DNS name of the flexible server. */
  host: pulumi.Input<string>;
  /** TCP port of the server. */
  port: pulumi.Input<number>;
  /** Database of the schema. */
  database: pulumi.Input<string>;
  /** The Entra administrator to log in as. */
  adminUser: pulumi.Input<string>;
  /** The server's administrators, to hold the login against before a connection is opened. @default the server decides */
  administrators?: pulumi.Input<pulumi.Input<AdministratorArgs>[]>;
  /** Path of a PEM file with the authority that signed the server's certificate. @default those that Node.js trusts */
  caCertFile?: pulumi.Input<string>;
  /** Name of the schema. @default none, for `close` */
  schema?: pulumi.Input<string>;
  /** The roles of the profiles, the schema's owner last. */
  roles?: pulumi.Input<string>[];
  /** Grants beside those of the profiles, which are meant, too. @default none */
  grants?: pulumi.Input<pulumi.Input<GuardedGrant>[]>;
  /** For `keep`: empty. A refresh puts the rights there that were changed outside Pulumi. */
  drift?: string[];
  /** What a delete does with a schema that holds something: `refuse`, `drop` or `retain`. */
  onDelete?: pulumi.Input<string>;
  /** Seconds that one look may take, waits included. */
  deadlineSeconds: pulumi.Input<number>;
  /** ARM id of the server, to prove that it is gone. */
  serverId?: pulumi.Input<string>;
}

/**
 * Checks a schema before and after @pulumi/postgresql works on it. That provider takes over schemas of other owners, does not say which objects
 * keep a schema from being dropped, and sees only the rights that it grants itself.
 */
export class AccessGuard extends DynamicResource {
  /** The database, known once it was looked at. */
  declare readonly database: pulumi.Output<string>;

  constructor(name: string, args: AccessGuardArgs, opts: pulumi.CustomResourceOptions) {
    super({ type: "AccessGuard", runtime: "access-guard-runtime" }, name, { ...args }, opts);
  }
}
