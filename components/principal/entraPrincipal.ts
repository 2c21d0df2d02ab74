import * as pulumi from "@pulumi/pulumi";
import type { AdminLoginArgs } from "../postgres/adminLogin.ts";
import type { PrincipalInputs } from "./inputs.ts";
import type { PrincipalOutputs } from "./reading.ts";

const MODULE = "entra-postgres";
const NAME = "EntraPrincipal";
/** What the engine makes of the two, and what a policy finds the resource by. */
const TYPE = `pulumi-nodejs:dynamic/${MODULE}:${NAME}`;

/** The arguments of {@link EntraPrincipal}. */
export interface EntraPrincipalArgs extends AdminLoginArgs {
  /** The database that holds the `pgaadauth_*` functions. @default "postgres", the only one on Azure. Changing it replaces. */
  database?: pulumi.Input<string>;
  /** Name of the role: the identity's name. At most 63 bytes. Changing it replaces the role. */
  roleName: pulumi.Input<string>;
  /** Object id (principal id) of the identity. Changing it rebinds the role in place and keeps its grants. */
  objectId: pulumi.Input<string>;
  /** Client id (application id) of the identity, where known: only to recognise it when it is given as the object id. */
  clientId?: pulumi.Input<string>;
  /** `service` (managed identities too), `user` or `group`. @default "service" */
  principalType?: pulumi.Input<string>;
  /** Whether the role may administer the server. @default false */
  isAdmin?: pulumi.Input<boolean>;
  /** Whether logins need a multi-factor claim; services cannot have one. @default false */
  isMfa?: pulumi.Input<boolean>;
  /** Whether the role may log in; false keeps the role, its grants and its binding, and lets nobody in. @default true */
  canLogin?: pulumi.Input<boolean>;
  /**
   * Exactly the roles that this role is a member of: others are revoked, also those that were granted by hand. `azure_pg_admin` is
   * `isAdmin`'s. @default memberships are not managed here
   */
  memberOf?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * By database, the role that this role acts as from its login on, `SET ROLE` by itself, so that what it makes belongs to that
   * role: the `migrator` of a `DatabaseAccess`. It must be a member of it, and has that role's rights only, in that database. Exactly these;
   * others are reset. @default what a login acts as is not managed here
   */
  actsAs?: pulumi.Input<{ [database: string]: pulumi.Input<string> }>;
  /**
   * By database, the schemas in which its sessions look for what is named without one, as in `SELECT * FROM orders`, in this order; what
   * they make goes into the first. Exactly these; others are reset. @default where they look is not managed here
   */
  searchPath?: pulumi.Input<{ [database: string]: pulumi.Input<pulumi.Input<string>[]> }>;
  /**
   * `name`: the service looks the role's name up in the tenant; `objectId`: no look-up by name. Either way the binding
   * is read back and held against `objectId`. @default "name"
   */
  bindBy?: pulumi.Input<string>;
  /**
   * What to do with a role of that name that is bound to another identity or to none, or that another resource manages: `refuse`,
   * or `rebind`, which takes it over with its grants and removes a password. @default "refuse"
   */
  onConflict?: pulumi.Input<string>;
  /**
   * What a delete does with a role that owns something: `refuse` lists it and changes nothing; `reassign` gives it to
   * `reassignTo`; `drop` drops it, but nothing of anybody else that depends on it, and no database; `retain` leaves the role as it
   * is, whatever it owns. Grants are revoked in every database and open sessions ended, except at `retain`. @default "refuse"
   */
  onDelete?: pulumi.Input<string>;
  /** The role that gets the objects at `onDelete: "reassign"`. @default the administrator, `adminUser` */
  reassignTo?: pulumi.Input<string>;
  /** Seconds to wait for a new identity to reach the server's directory, 0 to 3600. @default 180 */
  waitSeconds?: pulumi.Input<number>;
}

/**
 * Nothing of the project is captured here: what the engine stores is this text, and the code it names is found in
 * node_modules when it runs. So changed code causes no diff, and mended code also serves resources made before.
 */
const provider: pulumi.dynamic.ResourceProvider<PrincipalInputs, PrincipalOutputs> = {
  check: async (olds, news) => (await import("entra-postgres/principal-runtime")).check(olds, news),
  diff: async (id, olds, news) => (await import("entra-postgres/principal-runtime")).diff(id, olds, news),
  create: async (inputs) => (await import("entra-postgres/principal-runtime")).create(inputs),
  read: async (id, props) => (await import("entra-postgres/principal-runtime")).read(id, props as PrincipalOutputs),
  update: async (id, olds, news) => (await import("entra-postgres/principal-runtime")).update(id, olds, news),
  delete: async (id, props) => (await import("entra-postgres/principal-runtime")).remove(id, props),
};

/**
 * A database role bound to a Microsoft Entra identity, made by `pgaadauth_create_principal` in database `postgres`.
 *
 * It logs in as the Entra administrator with a token of whoever runs Pulumi, over verified TLS; the token is fetched
 * when it is used and stored nowhere. The role carries a comment that names this resource, so that two programs do not
 * fight over one role. A refresh sees what was changed by hand (dropped, renamed, bound to another identity, made an
 * administrator, LOGIN, memberships, what it acts as) and the next `up` puts it right. Errors name the role, server, database and step, what was
 * expected and found, and what to do next.
 */
export class EntraPrincipal extends pulumi.dynamic.Resource {
  /** Name of the role, to log in as. */
  declare readonly roleName: pulumi.Output<string>;
  /** Object id that the role is bound to, as read back from the server. */
  declare readonly objectId: pulumi.Output<string>;
  /** PostgreSQL's oid of the role, by which it is known again when it was renamed. */
  declare readonly roleOid: pulumi.Output<string>;
  /** The server's own words: `Created role for "<name>"`, or what was done instead. */
  declare readonly message: pulumi.Output<string>;

  constructor(name: string, args: EntraPrincipalArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      {
        // With them what is no argument at all: check says so, where a list of names would drop it in silence.
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
        owner: pulumi.createUrn(name, TYPE, opts?.parent),
        roleOid: undefined,
        message: undefined,
      },
      opts,
      MODULE,
      NAME,
    );
  }
}
