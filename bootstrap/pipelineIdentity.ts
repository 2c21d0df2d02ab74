import { FederatedIdentityCredential } from "@pulumi/azure-native/managedidentity/federatedIdentityCredential.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import type { Scope } from "./scope.ts";

/** A trust in the tokens that one issuer signs for one subject. */
export interface Credential {
  name: string;
  issuer: string;
  subject: string;
  /** What has to be there before the subject may be trusted. */
  after?: pulumi.Input<pulumi.Resource>;
}

export interface PipelineIdentityArgs extends Scope {
  identityName: string;
  credentials: readonly Credential[];
}

/**
 * The audience of tokens for Azure.
 * Source: Microsoft Learn, "Configure a user-assigned managed identity to trust an external identity provider".
 */
const AUDIENCE = "api://AzureADTokenExchange";

/**
 * An identity that pipelines act as: a user-assigned managed identity and its federated credentials. A job shows its own token, so there
 * is no secret to keep. A managed identity is a resource of the group, needs no right on the directory, and cannot have a client secret.
 */
export class PipelineIdentity extends pulumi.ComponentResource {
  /** Object id, which roles and memberships are given to. */
  readonly principalId: pulumi.Output<string>;
  /** Application id, which a pipeline logs in with. */
  readonly clientId: pulumi.Output<string>;

  constructor(name: string, args: PipelineIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:bootstrap:PipelineIdentity", name, {}, opts);
    const { resourceGroupName, location, identityName, credentials } = args;

    const identity = new UserAssignedIdentity(
      name,
      { resourceGroupName, location, resourceName: identityName },
      { parent: this },
    );
    let previous: pulumi.Resource = identity;
    for (const { name: credentialName, issuer, subject, after } of credentials) {
      // One after the other: Azure refuses concurrent writes to the credentials of one identity.
      // Source: Microsoft Learn, "Important considerations and restrictions for federated identity credentials".
      previous = new FederatedIdentityCredential(
        `${name}-${credentialName}`,
        {
          resourceGroupName,
          resourceName: identity.name,
          federatedIdentityCredentialResourceName: credentialName,
          issuer,
          subject,
          audiences: [AUDIENCE],
        },
        { parent: this, dependsOn: after === undefined ? [previous] : [previous, after] },
      );
    }

    this.principalId = identity.principalId;
    this.clientId = identity.clientId;
    this.registerOutputs({ principalId: this.principalId, clientId: this.clientId });
  }
}
