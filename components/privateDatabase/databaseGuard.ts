import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";

/** The arguments of {@link DatabaseGuard}, as {@link PrivateDatabaseArgs} has them. */
export interface DatabaseGuardArgs {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  database: pulumi.Input<string>;
  adminUser: pulumi.Input<string>;
  administrators?: pulumi.Input<pulumi.Input<AdministratorArgs>[]>;
  caCertFile?: pulumi.Input<string>;
  serverId?: pulumi.Input<string>;
  giveBack?: boolean;
  deadlineSeconds: pulumi.Input<number>;
  /**
   * Also does what @pulumi/postgresql does elsewhere: takes CONNECT and TEMPORARY from PUBLIC. For clouds where that provider cannot log in.
   * @default false
   */
  closes?: boolean;
  /** Extensions to create in schema public, with `closes`. @default none */
  extensions?: string[];
}

/**
 * Waits for the server and refuses a database of another owner, before @pulumi/postgresql works in it: its Grant has no effect there, and says
 * nothing. With `giveBack` it remembers the rights of PUBLIC, and grants them again when it is deleted.
 */
export class DatabaseGuard extends DynamicResource {
  /** The database, known once it was looked at. */
  declare readonly database: pulumi.Output<string>;

  constructor(name: string, args: DatabaseGuardArgs, opts: pulumi.CustomResourceOptions) {
    super({ type: "DatabaseGuard", runtime: "database-guard-runtime" }, name, { ...args }, opts);
  }
}
