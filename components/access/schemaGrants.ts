import { DefaultPrivileges } from "@pulumi/postgresql/defaultPrivileges.js";
import { Grant } from "@pulumi/postgresql/grant.js";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseAccessArgs } from "./databaseAccessArgs.ts";
import type { GrantChain } from "./grantChain.ts";
import { grantedRoleProblems } from "./privilegeWords.ts";
import { CREATOR, MADE_LATER, PROFILES, type Profile, RIGHTS } from "./profiles.ts";

/** What the profiles' roles are called. */
export type RoleNames = Record<Profile, pulumi.Output<string>>;

/** The rights of each profile on what is there. */
export function grantProfiles(name: string, args: DatabaseAccessArgs, names: RoleNames, chain: GrantChain): void {
  for (const profile of PROFILES) {
    for (const { objectType, privileges } of RIGHTS[profile]) {
      chain.add(
        (options) =>
          new Grant(
            `${name}-${profile}-${objectType}`,
            { ...target(args, objectType), role: names[profile], privileges: [...privileges] },
            options,
          ),
      );
    }
  }
}

/** What PostgreSQL is to grant by itself when something is made; and that not everybody may execute a function, as is its rule. */
export function grantLaterObjects(name: string, args: DatabaseAccessArgs, names: RoleNames, chain: GrantChain): void {
  const { database, schema } = args;
  const owner = names[CREATOR];
  const grant = (
    what: string,
    rest: { role: pulumi.Input<string>; objectType: string; privileges: string[]; schema?: pulumi.Input<string> },
  ) => chain.add((options) => new DefaultPrivileges(`${name}-later-${what}`, { database, owner, ...rest }, options));

  grant("function-public", { role: "public", objectType: "function", privileges: [] });
  for (const profile of PROFILES) {
    for (const { objectType, privileges } of RIGHTS[profile].filter((right) => MADE_LATER.includes(right.objectType))) {
      grant(`${objectType}-${profile}`, { schema, role: names[profile], objectType, privileges: [...privileges] });
    }
  }
}

/** The grants beside those of the profiles. */
export function grantMore(name: string, args: DatabaseAccessArgs, chain: GrantChain): void {
  for (const [index, { role, objectType, objects, privileges }] of (args.grants ?? []).entries()) {
    chain.add(
      (options) =>
        new Grant(
          `${name}-grant-${index}`,
          {
            ...target(args, objectType),
            role: knownRole(role, `DatabaseAccess "${name}": grants[${index}]`),
            privileges,
            ...(objects ? { objects } : {}),
          },
          options,
        ),
    );
  }
}

/**
 * The name of a grant's role; one that becomes known only now is looked at now.
 * @throws {pulumi.RunError} in the output, for a name that PostgreSQL would cut or that looks like another
 */
function knownRole(role: pulumi.Input<string>, at: string): pulumi.Input<string> {
  return typeof role === "string"
    ? role
    : pulumi.output(role).apply((name) => {
        const [reason] = grantedRoleProblems(name);
        if (reason) {
          throw new pulumi.RunError(`${at} ${reason}`);
        }
        return name;
      });
}

function target({ database, schema }: DatabaseAccessArgs, objectType: string) {
  // PostgreSQL takes procedures for functions where they are made, but not in a grant.
  const provided = objectType === "function" ? "routine" : objectType;
  return objectType === "database" ? { database, objectType } : { database, schema, objectType: provided };
}
