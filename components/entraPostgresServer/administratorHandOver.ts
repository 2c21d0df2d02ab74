import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";

/** The arguments of {@link AdministratorHandOver}. */
export interface AdministratorHandOverArgs {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  administrators: AdministratorArgs[];
  caCert?: pulumi.Input<string>;
  /** ARM id of the server. */
  serverId: pulumi.Input<string>;
}

/**
 * Hands the roles that this package manages over when the administrators of a server change, before Azure removes one: each administrator who
 * stays must be able to manage them alone. Its create does nothing, and it logs in only for a change.
 *
 * @throws {UserError} EP-SERVER-02 in the preview for a new name or type of an administrator, EP-SERVER-03 and EP-SERVER-04 in the update where
 * the login or the roles of the removed administrator are still needed
 */
export class AdministratorHandOver extends DynamicResource {
  constructor(name: string, args: AdministratorHandOverArgs, opts: pulumi.CustomResourceOptions) {
    const more = { database: "postgres", deadlineSeconds: 300 };
    super(
      { type: "AdministratorHandOver", runtime: "administrator-hand-over-runtime" },
      name,
      { ...args, ...more },
      opts,
    );
  }
}
