import { GroupMember } from "@pulumi/azuread/groupMember.js";
import { GroupWithoutMembers } from "@pulumi/azuread/groupWithoutMembers.js";
import * as pulumi from "@pulumi/pulumi";

export interface AdminGroupArgs {
  displayName: string;
  /** Object ids of the members that the pipelines need, by name. */
  members: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * The Entra group that administers the databases. Administrators change without a change of the server, and members that somebody adds
 * outside Pulumi stay. The database knows the group by its name, so the name must be unique in the tenant.
 */
export class AdminGroup extends pulumi.ComponentResource {
  readonly objectId: pulumi.Output<string>;

  constructor(name: string, { displayName, members }: AdminGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:bootstrap:AdminGroup", name, {}, opts);

    const group = new GroupWithoutMembers(
      name,
      {
        displayName,
        description: "Administers the databases. Members: the pipelines' identities that log in to them.",
        securityEnabled: true,
        preventDuplicateNames: true,
      },
      { parent: this },
    );
    for (const [memberName, memberObjectId] of Object.entries(members)) {
      new GroupMember(`${name}-${memberName}`, { groupObjectId: group.objectId, memberObjectId }, { parent: this });
    }

    this.objectId = group.objectId;
    this.registerOutputs({ objectId: this.objectId });
  }
}
