import { Role } from "@pulumi/postgresql/role.js";
import { Schema } from "@pulumi/postgresql/schema.js";
import * as pulumi from "@pulumi/pulumi";
import { refuseInvalid } from "../errors/invalidArguments.ts";
import { AccessGuard } from "./accessGuard.ts";
import type { DatabaseAccessArgs } from "./databaseAccessArgs.ts";
import { databaseProvider } from "./databaseProvider.ts";
import { GrantChain } from "./grantChain.ts";
import { grantProblems } from "./privilegeWords.ts";
import { actsAsCreator, CREATOR, isProfile, joinedProfiles, PROFILES, type Profile } from "./profiles.ts";
import { grantLaterObjects, grantMore, grantProfiles, type RoleNames } from "./schemaGrants.ts";

/**
 * A schema of an application's own in one database, and who may do what in it: four group roles without login, which principals
 * become members of (`memberOf` of `EntraPrincipal`).
 *
 * | profile | may, beyond the one before |
 * | --- | --- |
 * | reader | CONNECT to the database; USAGE of the schema and its types; SELECT on its tables, views and sequences; EXECUTE of its functions and procedures |
 * | writer | TEMPORARY tables; INSERT, UPDATE, DELETE on its tables and views; USAGE of its sequences |
 * | migrator | CREATE in the schema; owns what is made there |
 * | owner | owns the schema itself, which takes a SET ROLE NONE; for the rest it is a migrator |
 *
 * The rights hold for what is there and, by default privileges FOR ROLE the migrator, for what is made later; nobody else may execute
 * its functions. So migrators and owners have to act as that role: `actsAs` of `EntraPrincipal` sees to it at each login. An owner comes
 * to the schema itself by SET ROLE NONE; RESET ROLE leads back to the migrator's role.
 *
 * Some rights of PUBLIC cannot be revoked on Azure: every role that can connect can create large objects, and can read the names of schemas,
 * tables, columns, functions and roles in PostgreSQL's catalogs.
 *
 * The grants go through @pulumi/postgresql, connected to that very database; see {@link databaseProvider} for its token. They are created
 * one after another. A refresh sees rights on the schema and its objects that were changed outside Pulumi. `up` repairs the rights of the
 * profiles' roles. It refuses rights of other roles or PUBLIC, with the statements that revoke them. A grant of another resource counts as
 * drift unless `grants` lists it. A refresh does not see members of a profile's role that are no `EntraPrincipal`, nor what administrators,
 * owners and authors of extensions granted themselves.
 *
 * @throws {InvalidArguments} for words that are no privilege or kind of object, each with those that are allowed, and for
 * names of roles and objects in `grants` that PostgreSQL would cut to others, or that look like others.
 * A database or a schema that belongs to somebody else is refused with its owner's name, before anything is touched.
 */
export class DatabaseAccess extends pulumi.ComponentResource {
  /** The database; known, like the names of roles, once everything is granted. */
  readonly database: pulumi.Output<string>;
  /** The schema. */
  readonly schema: pulumi.Output<string>;
  /** Role whose members read. */
  readonly reader: pulumi.Output<string>;
  /** Role whose members read and write. */
  readonly writer: pulumi.Output<string>;
  /** Role whose members create tables. */
  readonly migrator: pulumi.Output<string>;
  /** Role whose members own the schema. */
  readonly owner: pulumi.Output<string>;
  readonly #leave: (resources: pulumi.Resource[]) => void;

  constructor(name: string, args: DatabaseAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:DatabaseAccess", name, {}, opts);
    refuseInvalid("EP-ACCESS-01", this, name, argumentErrors(args));
    const lives: pulumi.CustomResourceOptions = {
      parent: this,
      ...(opts?.deletedWith ? { deletedWith: opts.deletedWith } : {}),
    };
    const names = roleNames(args);
    const guard = (duty: string, more: pulumi.CustomResourceOptions, rights = {}) =>
      new AccessGuard(`${name}-${duty}`, { ...guardArgs(duty, args, names), ...rights }, { ...lives, ...more });
    // No child of this component: what waits for all of that may be what this comes after.
    const { parent: _, ...beside } = lives;
    this.#leave = (resources) => {
      new AccessGuard(`${name}-leave`, guardArgs("leave", args, names), { ...beside, dependsOn: resources });
    };

    const claim = guard("claim", {});
    const provider =
      this.getProvider("postgresql:index/grant:Grant") ?? databaseProvider(`${name}-admin`, args, { parent: this });
    const chain = new GrantChain({ ...lives, provider }, [claim]);
    createRoles(name, names, chain);
    createSchema(name, args, names, chain);
    grantProfiles(name, args, names, chain);
    grantLaterObjects(name, args, names, chain);
    grantMore(name, args, chain);
    const keeper = guard("keep", { dependsOn: chain.last }, { grants: args.grants ?? [], drift: [] });

    const granted = (value: pulumi.Input<string>) => pulumi.all([value, keeper.id]).apply(([known]) => known);
    this.database = granted(args.database);
    this.schema = granted(args.schema);
    this.reader = granted(names.reader);
    this.writer = granted(names.writer);
    this.migrator = granted(names.migrator);
    this.owner = granted(names.owner);
    this.registerOutputs({
      database: this.database,
      schema: this.schema,
      reader: this.reader,
      writer: this.writer,
      migrator: this.migrator,
      owner: this.owner,
    });
  }

  /**
   * Makes a delete that `onDelete` refuses fail before any of these resources is deleted, such as the application's role and its connection
   * test. They depend on the schema and would otherwise be deleted first, which locks the application out although its schema stays.
   */
  refuseBefore(resources: pulumi.Resource[]): void {
    this.#leave(resources);
  }

  /**
   * What makes an `EntraPrincipal` a member with this profile: `...access.membership("writer")` among its arguments.
   * @throws {pulumi.RunError} for a word that is no profile, with those that are
   */
  membership(profile: string): Membership {
    if (!isProfile(profile)) {
      throw new pulumi.RunError(`${JSON.stringify(profile)} is no profile; allowed: ${PROFILES.join(", ")}`);
    }
    const actsAs = pulumi
      .all([this.database, this[CREATOR]])
      .apply(([database, role]): { [database: string]: string } =>
        actsAsCreator(profile) ? { [database]: role } : {},
      );
    // Extensions lie in public, where nobody but administrators makes anything.
    const searchPath = pulumi
      .all([this.database, this.schema])
      .apply(([database, schema]) => ({ [database]: [schema, "public"] }));
    return { memberOf: joinedProfiles(profile).map((joined) => this[joined]), actsAs, searchPath };
  }
}

/** What a member of a profile's role is, in the words of `EntraPrincipal`. */
export interface Membership {
  memberOf: pulumi.Output<string>[];
  actsAs: pulumi.Output<{ [database: string]: string }>;
  /** The schema first, so that it need not be named. */
  searchPath: pulumi.Output<{ [database: string]: string[] }>;
}

function argumentErrors({ grants = [] }: DatabaseAccessArgs): pulumi.InputPropertyErrorDetails[] {
  return grants.flatMap((grant, index) =>
    grantProblems(grant).map((reason) => ({ propertyPath: `grants[${index}]`, reason })),
  );
}

function roleNames(args: DatabaseAccessArgs): RoleNames {
  const prefix = args.rolePrefix ?? pulumi.interpolate`${args.database}_${args.schema}`;
  const nameOf = (profile: Profile) => pulumi.interpolate`${prefix}_${profile}`;
  return { reader: nameOf("reader"), writer: nameOf("writer"), migrator: nameOf("migrator"), owner: nameOf("owner") };
}

function guardArgs(duty: string, args: DatabaseAccessArgs, names: RoleNames) {
  const {
    host,
    port = 5432,
    database,
    adminUser,
    administrators,
    caCertFile,
    schema,
    onDelete = "refuse",
    serverId,
  } = args;
  return {
    duty,
    host,
    port,
    database,
    adminUser,
    ...(administrators ? { administrators } : {}),
    ...(caCertFile ? { caCertFile } : {}),
    schema,
    roles: PROFILES.map((profile) => names[profile]),
    onDelete,
    deadlineSeconds: args.deadlineSeconds ?? 300,
    ...(serverId ? { serverId } : {}),
  };
}

/** Each is a member of the one before, so that each profile includes that one's rights. */
function createRoles(name: string, names: RoleNames, chain: GrantChain): void {
  const includes: Record<Profile, Profile[]> = { reader: [], writer: ["reader"], migrator: ["writer"], owner: [] };
  for (const profile of PROFILES) {
    const roles = includes[profile].map((other) => names[other]);
    chain.add((options) => new Role(`${name}-${profile}`, { name: names[profile], login: false, roles }, options));
  }
}

function createSchema(name: string, args: DatabaseAccessArgs, names: RoleNames, chain: GrantChain): void {
  chain.add(
    (options) =>
      new Schema(
        name,
        { name: args.schema, database: args.database, owner: names.owner, dropCascade: args.onDelete === "drop" },
        options,
      ),
    args.onDelete === "retain" ? { retainOnDelete: true } : {},
  );
}
