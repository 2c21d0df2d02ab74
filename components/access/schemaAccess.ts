import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, dynamicType } from "../dynamicResource/dynamicResource.ts";
import { actsAsCreator, CREATOR, isProfile, PROFILES, type Profile, RIGHTS } from "./profiles.ts";
import type { AdditionalGrantArgs, SchemaAccessArgs, SchemaMemberArgs } from "./schemaAccessArgs.ts";

const NAME = "SchemaAccess";

/**
 * A schema of an application in one database, and who may do what in it. Four group roles without login hold the rights, and principals are
 * members of them.
 *
 * | profile | may, beyond the one before |
 * | --- | --- |
 * | reader | CONNECT to the database; USAGE of the schema and its types; SELECT on its tables, views and sequences; EXECUTE of its functions and procedures |
 * | writer | TEMPORARY tables; INSERT, UPDATE, DELETE on its tables and views; USAGE of its sequences |
 * | migrator | CREATE in the schema; owns what it creates there |
 * | owner | owns the schema itself, after SET ROLE NONE; otherwise it is a migrator |
 *
 * The rights hold for what exists and, by default privileges FOR ROLE the migrator, for what is created later; nobody else may execute the
 * schema's functions. So migrators and owners act as the migrator's role from their login on. As that role, `pg_stat_activity` hides the
 * session's own query, and `pg_terminate_backend` is refused for one's own sessions; SET ROLE NONE helps.
 *
 * Some rights of PUBLIC cannot be revoked on Azure: every role that can connect can create large objects, and can read the names of schemas,
 * tables, columns, functions and roles in PostgreSQL's catalogs.
 *
 * Each operation is one transaction that looks first and changes only what differs. It recognises its roles and its schema by their oids and
 * their owner marks, so that a new name renames them. It adopts what exists if it is marked, or is exactly what it would create. `up` repairs
 * the rights of the profiles' roles, and refuses rights and members that others added, with the statements that take them away.
 *
 * `pulumi import` does not reach dynamic resources; `up` adopts.
 *
 * @throws {UserError} EP-ACCESS-01 for words that are not a profile, privilege or kind of object, and for names that PostgreSQL would cut to
 * others or that look like others, all at once; EP-ACCESS-02 to EP-ACCESS-12, see docs/errors.md
 */
export class SchemaAccess extends DynamicResource {
  /** The database; known, like the other outputs, once everything is granted. */
  declare readonly database: pulumi.Output<string>;
  /** The schema. */
  declare readonly schema: pulumi.Output<string>;
  /** Names of the profiles' roles. */
  declare readonly roles: pulumi.Output<Record<Profile, string>>;

  constructor(name: string, args: SchemaAccessArgs, opts?: pulumi.CustomResourceOptions) {
    const { rolePrefix, members = [], grants = [], createSchemas = false, ...same } = args;
    const prefix = rolePrefix ?? pulumi.interpolate`${args.database}_${args.schema}`;
    super(
      { type: NAME, runtime: "schema-access-runtime" },
      name,
      {
        ...same,
        port: args.port ?? 5432,
        roles: roleNames(prefix),
        rights: rightsOf(createSchemas),
        members: membersByName(members),
        grants: grantsByRole(grants),
        onDelete: args.onDelete ?? "refuse",
        databaseStays: args.databaseStays ?? false,
        deadlineSeconds: args.deadlineSeconds ?? 300,
        owner: pulumi.createUrn(name, dynamicType(NAME), opts?.parent),
      },
      { ...opts, aliases: [...(opts?.aliases ?? []), guardOfOlderVersion(name, opts?.parent)] },
    );
  }

  /** The role that sessions of a member with this profile act as; undefined for those that act as themselves. */
  actsAs(profile: string): pulumi.Output<string | undefined> {
    return this.roles.apply((roles) => (isProfile(profile) && actsAsCreator(profile) ? roles[CREATOR] : undefined));
  }
}

function roleNames(prefix: pulumi.Input<string>): pulumi.Output<Record<Profile, string>> {
  return pulumi.output(prefix).apply((beginning) => {
    const names = PROFILES.map((profile) => [profile, `${beginning}_${profile}`]);
    return Object.fromEntries(names) as Record<Profile, string>;
  });
}

/** The declared rights, by profile and kind of object, so that a preview shows right by right what changes. */
function rightsOf(createSchemas: boolean) {
  const rights = PROFILES.map((profile) => {
    const kinds = RIGHTS[profile].map(({ objectType, privileges }) => [objectType, [...privileges]]);
    const more = createSchemas && profile === CREATOR ? [["database", ["CREATE"]]] : [];
    return [profile, Object.fromEntries([...kinds, ...more])];
  });
  return Object.fromEntries(rights);
}

function membersByName(members: readonly SchemaMemberArgs[]) {
  const known = members.map(({ principal: { roleName, roleOid }, profile }) =>
    pulumi
      .output(roleName)
      .apply((name) => [name, { profile, ...(roleOid === undefined ? {} : { oid: roleOid }) }] as const),
  );
  return pulumi.all(known).apply((entries) => Object.fromEntries(entries));
}

function grantsByRole(grants: readonly AdditionalGrantArgs[]) {
  return pulumi.all(grants.map(({ role }) => role)).apply((roles) => {
    const byRole: Record<string, Record<string, string[]>> = {};
    for (const [index, { objectType, objects, privileges }] of grants.entries()) {
      const role = roles[index] ?? "";
      const rights = byRole[role] ?? {};
      byRole[role] = rights;
      // An empty list is refused as an object without a name.
      for (const object of objects?.length === 0 ? [""] : (objects ?? [undefined])) {
        const what = object === undefined ? objectType : `${objectType} ${object}`;
        rights[what] = [...new Set([...(rights[what] ?? []), ...privileges])];
      }
    }
    return byRole;
  });
}

/** So that a state of the version before, which made a schema of many resources, is refused in the preview. */
function guardOfOlderVersion(name: string, parent: pulumi.Resource | undefined): pulumi.Alias {
  const component = pulumi.createUrn(name, "entra-postgres:index:DatabaseAccess", parent);
  return { name: `${name}-keep`, type: dynamicType("AccessGuard"), parent: component };
}
