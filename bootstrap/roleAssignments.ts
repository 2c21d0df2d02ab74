import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { RoleDefinition } from "@pulumi/azure-native/authorization/roleDefinition.js";
import * as pulumi from "@pulumi/pulumi";
import { ASSIGNMENTS, type Assignment, type RoleScope } from "./assignments.ts";
import { ROLES, type Role } from "./roles.ts";

/** Who is given a role. Its type spares Azure a look into the directory, which may not know a new identity yet. */
export interface Principal {
  objectId: pulumi.Input<string>;
  type: string;
}

export interface RoleAssignmentsArgs {
  subscriptionId: string;
  /** Names of custom roles are unique in a tenant, so this is part of the name. */
  resourceGroupName: string;
  /** Ids of the scopes; the assignments on a scope that is undefined are left out. */
  scopes: Readonly<Record<RoleScope, pulumi.Input<string> | undefined>> & { stack: pulumi.Input<string> };
  /** By name; the assignments of a principal that is undefined are left out. */
  principals: Readonly<Record<Assignment["principal"], Principal | undefined>>;
}

/** The custom role, and every role assignment of assignments.ts. */
export class RoleAssignments extends pulumi.ComponentResource {
  constructor(name: string, args: RoleAssignmentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:bootstrap:RoleAssignments", name, {}, opts);
    const { subscriptionId, resourceGroupName, scopes, principals } = args;

    const customRole = new RoleDefinition(
      `${name}-deploy`,
      {
        scope: scopes.stack,
        roleName: `${ROLES.server.name} (${resourceGroupName})`,
        roleType: "CustomRole",
        description: "What entra-postgres deploys that no built-in role covers.",
        permissions: [{ actions: [...ROLES.server.actions], notActions: [], dataActions: [], notDataActions: [] }],
        assignableScopes: [scopes.stack],
      },
      { parent: this },
    );
    const builtInRoles = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;

    for (const { principal: principalName, role, scope: scopeName } of ASSIGNMENTS) {
      const scope = scopes[scopeName];
      const principal = principals[principalName];
      if (scope === undefined || principal === undefined) continue;
      const { id }: Role = ROLES[role];
      new RoleAssignment(
        `${name}-${principalName}-${role}-${scopeName}`,
        {
          scope,
          principalId: principal.objectId,
          principalType: principal.type,
          roleDefinitionId: id === undefined ? customRole.id : `${builtInRoles}/${id}`,
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
