import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, dynamicType } from "../dynamicResource/dynamicResource.ts";
import type { AdminLoginArgs } from "../postgres/adminLogin.ts";

const NAME = "EntraPrincipal";

/** The arguments of {@link EntraPrincipal}. */
export interface EntraPrincipalArgs extends AdminLoginArgs {
  /** The database that holds the `pgaadauth_*` functions. @default "postgres", the only one on Azure. Changing it replaces. */
  database?: pulumi.Input<string>;
  /** Name of the role: the identity's name. At most 63 bytes. A change renames the role in place; its rights and objects stay. */
  roleName: pulumi.Input<string>;
  /** Object id (principal id) of the identity. Changing it rebinds the role in place and keeps its grants. */
  objectId: pulumi.Input<string>;
  /** Client id (application id) of the identity, if known: to recognise it when it is passed as the object id. */
  clientId?: pulumi.Input<string>;
  /** `service` (managed identities too), `user` or `group`. @default "service" */
  principalType?: pulumi.Input<string>;
  /** Whether the role may administer the server. @default false */
  isAdmin?: pulumi.Input<boolean>;
  /** Whether logins need a multi-factor claim; services cannot have one. @default false */
  isMfa?: pulumi.Input<boolean>;
  /** Whether the role may log in; false keeps the role, its grants and its binding, and refuses logins. @default true */
  canLogin?: pulumi.Input<boolean>;
  /**
   * Roles that this role is made a member of, such as those of a `SchemaAccess` of another stack; a role that is taken out of the list is
   * left. Memberships in predefined roles (`pg_…`) that are not listed are revoked. Others are not touched, and login settings are those of the `SchemaAccess` that has this role among its members.
   * `isAdmin` decides about `azure_pg_admin`. @default none
   */
  memberOf?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * `name`: the server looks the role's name up in the tenant; `objectId`: no look-up by name. Either way the binding is read back and
   * compared with `objectId`. @default "name"
   */
  bindBy?: pulumi.Input<string>;
  /**
   * What to do with an existing role of that name that has another identity or no identity, or that another resource manages: `refuse`, or
   * `rebind`, which takes it over with its grants and removes a password. @default "refuse"
   */
  onConflict?: pulumi.Input<string>;
  /**
   * What a delete does with a role that owns objects: `refuse` lists them and changes nothing; `reassign` gives them to `reassignTo`; `drop`
   * drops them, but no dependent object of another role and no database; `retain` keeps the role and its objects. Except at `retain`, grants
   * are revoked in every database and open sessions ended. @default "refuse"
   */
  onDelete?: pulumi.Input<string>;
  /** The role that receives the objects at `onDelete: "reassign"`. @default the administrator, `adminUser` */
  reassignTo?: pulumi.Input<string>;
  /** Seconds to wait for a new identity to reach the server's directory, 0 to 3600. @default 180 */
  waitSeconds?: pulumi.Input<number>;
}

/**
 * A database role bound to a Microsoft Entra identity, created by `pgaadauth_create_principal` in database `postgres`.
 *
 * The resource logs in as the Entra administrator with the deployer's token, over verified TLS; the token is fetched when it is used and never
 * stored. The role's comment names this resource, so that two programs do not fight over one role. A refresh detects drift (dropped, renamed,
 * bound to another identity, made an administrator, LOGIN, lost memberships), and the next `up` repairs it. Errors name the role,
 * server, database and step, what was expected and found, the next step and a code.
 */
export class EntraPrincipal extends DynamicResource {
  /** Name of the role, to log in as. */
  declare readonly roleName: pulumi.Output<string>;
  /** Object id that the role is bound to, as read back from the server. */
  declare readonly objectId: pulumi.Output<string>;
  /** PostgreSQL's oid of the role, which recognises a renamed role. */
  declare readonly roleOid: pulumi.Output<string>;
  /** The server's own words: `Created role for "<name>"`, or what was done instead. */
  declare readonly message: pulumi.Output<string>;

  constructor(name: string, args: EntraPrincipalArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      { type: NAME, runtime: "principal-runtime" },
      name,
      {
        // Spread, so that unknown arguments reach `check`, which refuses them.
        ...args,
        port: args.port ?? 5432,
        database: args.database ?? "postgres",
        principalType: args.principalType ?? "service",
        isAdmin: args.isAdmin ?? false,
        isMfa: args.isMfa ?? false,
        bindBy: args.bindBy ?? "name",
        onConflict: args.onConflict ?? "refuse",
        onDelete: args.onDelete ?? "refuse",
        canLogin: args.canLogin ?? true,
        waitSeconds: args.waitSeconds ?? 180,
        deadlineSeconds: args.deadlineSeconds ?? 300,
        owner: pulumi.createUrn(name, dynamicType(NAME), opts?.parent),
        roleOid: undefined,
        message: undefined,
      },
      opts,
    );
  }
}
