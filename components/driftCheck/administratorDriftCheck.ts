import * as pulumi from "@pulumi/pulumi";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";
import type { AdministratorDriftCheckInputs } from "./administratorDriftCheckRuntime.ts";

const MODULE = "entra-postgres";
const NAME = "AdministratorDriftCheck";

/** The arguments of {@link AdministratorDriftCheck}. */
export interface AdministratorDriftCheckArgs {
  /** DNS name of the flexible server. Changing it replaces the guard, which changes nothing on a server. */
  host: pulumi.Input<string>;
  /** TCP port of the server. @default 5432 */
  port?: pulumi.Input<number>;
  /** The Entra administrator to log in as. */
  adminUser: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default those that Node.js trusts, which include Azure's */
  caCert?: pulumi.Input<string>;
  /** Everybody who may administer the server. */
  administrators: AdministratorArgs[];
  /** Seconds that one look may take, waits included, 1 to 3600. @default 300 */
  deadlineSeconds?: pulumi.Input<number>;
  /** ARM id of the server, to prove that it is gone. @default not reaching it is an error */
  serverId?: pulumi.Input<string>;
}

/** Captures nothing of the project, as the provider of `EntraPrincipal`: what it names is found in node_modules when it runs. */
const provider: pulumi.dynamic.ResourceProvider<AdministratorDriftCheckInputs, AdministratorDriftCheckInputs> = {
  check: async (olds, news) => (await import("entra-postgres/administrator-drift-check-runtime")).check(olds, news),
  diff: async (id, olds, news) =>
    (await import("entra-postgres/administrator-drift-check-runtime")).diff(id, olds, news),
  create: async (inputs) => (await import("entra-postgres/administrator-drift-check-runtime")).create(inputs),
  read: async (id, props) =>
    (await import("entra-postgres/administrator-drift-check-runtime")).read(id, props as AdministratorDriftCheckInputs),
  update: async (id, olds, news) =>
    (await import("entra-postgres/administrator-drift-check-runtime")).update(id, olds, news),
};

/**
 * Looks whether anybody administers the server beside those named. A resource that nobody declared is in no state, so no refresh
 * would see an administrator that was added by hand, in the portal or inside the database; this one does.
 *
 * A refresh shows such a one as a change of `administrators`. An `up` that makes or changes the guard refuses with name and object id, and
 * takes nobody's rights away: who was added in an emergency is for people to judge. Make it depend on what `up` repairs, such as
 * the `EntraPrincipal`s, so that it looks last.
 *
 * @throws an error that names the others, and how to keep or remove them
 */
export class AdministratorDriftCheck extends pulumi.dynamic.Resource {
  constructor(name: string, args: AdministratorDriftCheckArgs, opts?: pulumi.CustomResourceOptions) {
    const { port = 5432, deadlineSeconds = 300, ...rest } = args;
    super(provider, name, { ...rest, database: "postgres", port, deadlineSeconds }, opts, MODULE, NAME);
  }
}
