import { armId, scopeId } from "../settings.ts";
import { type Context, difference, resourceStep, type Step } from "../step.ts";
import { elsewhere } from "./groups.ts";

/** Days that a deleted or overwritten state can be brought back. */
const RETENTION_DAYS = 30;

/** As `az storage account show` answers. */
interface Account {
  location: string;
  /** null means true. */
  allowSharedKeyAccess: boolean | null;
  allowBlobPublicAccess: boolean | null;
  allowCrossTenantReplication: boolean | null;
  enableHttpsTrafficOnly: boolean;
  minimumTlsVersion: string | null;
}

/** As `az storage account blob-service-properties show` answers. */
interface BlobService {
  isVersioningEnabled: boolean | null;
  deleteRetentionPolicy: Retention | null;
  containerDeleteRetentionPolicy: Retention | null;
}
interface Retention {
  enabled: boolean;
  days: number | null;
}

/** The storage account of Pulumi's state: reached with an Entra token over TLS, and nothing in it is lost by one mistake. */
export function stateAccount(context: Context): Step[] {
  const { settings } = context;
  const { deliveryGroup, stateAccount: name, stateContainer, stateSku, location } = settings;
  const group = armId(settings, deliveryGroup);
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/${name}`;
  const account = ["--name", name, "--resource-group", deliveryGroup];
  const service = ["storage", "account", "blob-service-properties"];
  const ofAccount = ["--account-name", name, "--resource-group", deliveryGroup];

  return [
    resourceStep<Account>(context, {
      title: `state account ${name}`,
      id,
      parent: group,
      show: ["storage", "account", "show", ...account],
      create: [
        "storage",
        "account",
        "create",
        ...account,
        "--location",
        location,
        "--sku",
        stateSku,
        "--kind",
        "StorageV2",
        ...locked("TLS1_2"),
      ],
      differences: (found) => {
        const isModern = /^TLS1_[23]$/.test(found.minimumTlsVersion ?? "");
        const tls = isModern ? (found.minimumTlsVersion as string) : "TLS1_2";
        const what = difference([
          ["shared key access", found.allowSharedKeyAccess ?? true, found.allowSharedKeyAccess === false, false],
          ["public access to blobs", found.allowBlobPublicAccess, found.allowBlobPublicAccess === false, false],
          [
            "replication to other tenants",
            found.allowCrossTenantReplication,
            found.allowCrossTenantReplication === false,
            false,
          ],
          ["TLS", found.minimumTlsVersion, isModern, "TLS1_2"],
          ["HTTPS only", found.enableHttpsTrafficOnly, found.enableHttpsTrafficOnly, true],
        ]);
        return {
          changes: what ? [{ what, command: ["storage", "account", "update", ...account, ...locked(tls)] }] : [],
          remarks: elsewhere(found.location, location),
        };
      },
    }),
    {
      title: "versions and soft delete of the state",
      look: async () => {
        const found = context.facts.isThere(id)
          ? await context.az.show<BlobService>([...service, "show", ...ofAccount])
          : undefined;
        const what = found ? serviceDifference(found) : "to be set";
        const days = String(RETENTION_DAYS);
        const kept = [
          "--enable-versioning",
          "true",
          "--enable-delete-retention",
          "true",
          "--delete-retention-days",
          days,
        ];
        const containers = ["--enable-container-delete-retention", "true", "--container-delete-retention-days", days];
        return {
          changes: what ? [{ what, command: [...service, "update", ...ofAccount, ...kept, ...containers] }] : [],
        };
      },
    },
    resourceStep(context, {
      title: `state container ${stateContainer}`,
      id: scopeId(settings, "state") as string,
      parent: id,
      // The control plane's commands: the others need a right on data, which an Owner does not have.
      show: [
        "storage",
        "container-rm",
        "show",
        "--storage-account",
        name,
        "--resource-group",
        deliveryGroup,
        "--name",
        stateContainer,
      ],
      create: [
        "storage",
        "container-rm",
        "create",
        "--storage-account",
        name,
        "--resource-group",
        deliveryGroup,
        "--name",
        stateContainer,
      ],
    }),
  ];
}

/** What keeps everybody out who has no Entra token. */
function locked(tlsVersion: string): string[] {
  return [
    ["--allow-shared-key-access", "false"],
    ["--allow-blob-public-access", "false"],
    ["--allow-cross-tenant-replication", "false"],
    ["--min-tls-version", tlsVersion],
    ["--https-only", "true"],
  ].flat();
}

function serviceDifference(found: BlobService): string | undefined {
  const kept = (policy: Retention | null) => (policy?.enabled ? `${policy.days} days` : "off");
  const isLong = (policy: Retention | null) => policy?.enabled === true && (policy.days ?? 0) >= RETENTION_DAYS;
  return difference([
    ["versioning", found.isVersioningEnabled, found.isVersioningEnabled === true, true],
    [
      "soft delete of blobs",
      kept(found.deleteRetentionPolicy),
      isLong(found.deleteRetentionPolicy),
      `${RETENTION_DAYS} days`,
    ],
    [
      "soft delete of containers",
      kept(found.containerDeleteRetentionPolicy),
      isLong(found.containerDeleteRetentionPolicy),
      `${RETENTION_DAYS} days`,
    ],
  ]);
}
