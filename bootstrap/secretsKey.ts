import { Key } from "@pulumi/azure-native/keyvault/key.js";
import { Vault } from "@pulumi/azure-native/keyvault/vault.js";
import * as pulumi from "@pulumi/pulumi";
import type { Scope } from "./scope.ts";

export interface SecretsKeyArgs extends Scope {
  tenantId: pulumi.Input<string>;
}

/**
 * The vault, and in it the key that encrypts the stacks' data keys. A lost key is lost secrets: the vault cannot be purged, and
 * `pulumi destroy` refuses to delete it while it is protected.
 */
export class SecretsKey extends pulumi.ComponentResource {
  readonly keyId: pulumi.Output<string>;
  /** The secrets provider, as `pulumi stack init --secrets-provider` takes it. */
  readonly secretsProvider: pulumi.Output<string>;

  constructor(
    name: string,
    { resourceGroupName, location, tenantId }: SecretsKeyArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("entra-postgres:bootstrap:SecretsKey", name, {}, opts);
    const protectedChild = { parent: this, protect: true };

    const vault = new Vault(
      name,
      {
        resourceGroupName,
        location,
        properties: {
          tenantId,
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 90,
          enablePurgeProtection: true,
        },
      },
      protectedChild,
    );
    // Through ARM, which an Owner may use: the vault's own interface needs a role on the vault's data.
    const key = new Key(
      `${name}-key`,
      {
        resourceGroupName,
        vaultName: vault.name,
        keyName: "pulumi",
        properties: { kty: "RSA", keySize: 3072, keyOps: ["encrypt", "decrypt"] },
      },
      protectedChild,
    );

    this.keyId = key.id;
    this.secretsProvider = pulumi.interpolate`azurekeyvault://${vault.name}.vault.azure.net/keys/${key.name}`;
    this.registerOutputs({ secretsProvider: this.secretsProvider });
  }
}
