import { BlobContainer } from "@pulumi/azure-native/storage/blobContainer.js";
import { BlobServiceProperties } from "@pulumi/azure-native/storage/blobServiceProperties.js";
import { StorageAccount } from "@pulumi/azure-native/storage/storageAccount.js";
import * as pulumi from "@pulumi/pulumi";
import type { Scope } from "./scope.ts";

export interface StateStorageArgs extends Scope {
  /** Redundancy of the account. */
  sku: string;
}

/** How long deleted or overwritten state can be restored. */
const RETENTION = { enabled: true, days: 30 };

/**
 * The storage account and container of Pulumi's state. Only an Entra token with a role on the container opens it: the account has no
 * shared key and no public blob. Versions and soft delete keep what one mistake overwrites or deletes. `pulumi destroy` refuses to delete
 * it while it is protected.
 */
export class StateStorage extends pulumi.ComponentResource {
  readonly containerId: pulumi.Output<string>;
  /** The backend's URL, as `pulumi login` and PULUMI_BACKEND_URL take it. */
  readonly backendUrl: pulumi.Output<string>;

  constructor(
    name: string,
    { resourceGroupName, location, sku }: StateStorageArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("entra-postgres:bootstrap:StateStorage", name, {}, opts);
    const protectedChild = { parent: this, protect: true };

    const account = new StorageAccount(
      name,
      {
        resourceGroupName,
        location,
        kind: "StorageV2",
        sku: { name: sku },
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
        allowCrossTenantReplication: false,
        minimumTlsVersion: "TLS1_2",
        enableHttpsTrafficOnly: true,
      },
      protectedChild,
    );
    const service = new BlobServiceProperties(
      `${name}-versions`,
      {
        resourceGroupName,
        accountName: account.name,
        blobServicesName: "default",
        isVersioningEnabled: true,
        deleteRetentionPolicy: RETENTION,
        containerDeleteRetentionPolicy: RETENTION,
      },
      protectedChild,
    );
    const container = new BlobContainer(
      `${name}-container`,
      { resourceGroupName, accountName: account.name, containerName: "state", publicAccess: "None" },
      { ...protectedChild, dependsOn: service },
    );

    this.containerId = container.id;
    this.backendUrl = pulumi.interpolate`azblob://${container.name}?storage_account=${account.name}`;
    this.registerOutputs({ backendUrl: this.backendUrl });
  }
}
