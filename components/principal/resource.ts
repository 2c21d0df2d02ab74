import * as pulumi from "@pulumi/pulumi";
import type { PrincipalInputs } from "./inputs.ts";
import type { PrincipalOutputs } from "./runtime.ts";

/** The arguments of {@link EntraPrincipal}. */
export interface EntraPrincipalArgs {
  /** DNS name of the flexible server. Changing it makes the role anew on the other server. */
  host: pulumi.Input<string>;
  /** TCP port of the server. @default 5432 */
  port?: pulumi.Input<number>;
  /** The database that holds the `pgaadauth_*` functions. @default "postgres", the only one on Azure. Changing it replaces. */
  database?: pulumi.Input<string>;
  /** The Entra administrator to log in as: a user's principal name, or a group's or service's display name. */
  adminUser: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default those that Node.js trusts, Azure's among them */
  caCert?: pulumi.Input<string>;
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
  /** Whether logins need a multi-factor claim; managed identities cannot have one. @default false */
  isMfa?: pulumi.Input<boolean>;
  /**
   * `name`: the service looks the role's name up in the tenant; `objectId`: no look-up by name. Either way the binding
   * is read back and held against `objectId`. @default "name"
   */
  bindBy?: pulumi.Input<string>;
  /** What to do with a role of that name that is bound to another identity: `refuse` or `rebind`. @default "refuse" */
  onConflict?: pulumi.Input<string>;
  /** Seconds to wait for a new identity to reach the server's directory. @default 180 */
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
 * when it is used and stored nowhere. Errors name the role, server, database and step, and what to do next.
 */
export class EntraPrincipal extends pulumi.dynamic.Resource {
  /** Name of the role, to log in as. */
  declare readonly roleName: pulumi.Output<string>;
  /** Object id that the role is bound to, as read back from the server. */
  declare readonly objectId: pulumi.Output<string>;
  /** The server's own words: `Created role for "<name>"`, or what was done instead. */
  declare readonly message: pulumi.Output<string>;

  constructor(name: string, args: EntraPrincipalArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      {
        host: args.host,
        port: args.port ?? 5432,
        database: args.database ?? "postgres",
        adminUser: args.adminUser,
        caCert: args.caCert,
        roleName: args.roleName,
        objectId: args.objectId,
        clientId: args.clientId,
        principalType: args.principalType ?? "service",
        isAdmin: args.isAdmin ?? false,
        isMfa: args.isMfa ?? false,
        bindBy: args.bindBy ?? "name",
        onConflict: args.onConflict ?? "refuse",
        waitSeconds: args.waitSeconds ?? 180,
        message: undefined,
      },
      opts,
      "entra-postgres",
      "EntraPrincipal",
    );
  }
}
