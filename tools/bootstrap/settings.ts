import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Arguments, AzureDevOpsConnection } from "./arguments.ts";
import type { Scope } from "./roles.ts";

/** The login that `az` has. */
export interface Account {
  /** The subscription's id. */
  id: string;
  /** The subscription's name. */
  name: string;
  tenantId: string;
  user: { name: string; type: string };
}

/** Everything that decides what is made. */
export interface Settings {
  subscriptionId: string;
  tenantId: string;
  project: string;
  stack: string;
  location: string;
  /** Group of the stack: the identities have rights here. */
  resourceGroup: string;
  /** Group of what the pipelines stand on: no identity has rights on it. */
  deliveryGroup: string;
  stateAccount: string;
  stateContainer: string;
  stateSku: string;
  keyVault: string;
  key: string;
  identityPrefix: string;
  adminGroup: string;
  /** Organization in Pulumi Cloud where the state is; undefined: it is in the state account. */
  organization?: string;
  /** Whether whoever runs this gets rights on state and key. */
  operator: boolean;
  /** GitHub repository, `owner/name`. */
  repository?: string;
  azureDevOps: readonly AzureDevOpsConnection[];
  /** ARM id of the network of the machines that deploy. */
  runnerNetwork?: string;
}

/** The arguments, completed by the subscription, and names from it where Azure wants them unique. */
export function completed({ values, azureDevOps }: Arguments, account: Account): Settings {
  const project = values.project ?? projectName();
  const stack = values.stack ?? "dev";
  const name = `${project}-${stack}`;
  const hash = createHash("sha256").update(`${account.id}/${name}`.toLowerCase()).digest("hex").slice(0, 6);
  const resourceGroup = values["resource-group"] ?? `rg-${name}`;
  return {
    subscriptionId: account.id,
    tenantId: account.tenantId,
    project,
    stack,
    location: values.location ?? "westeurope",
    resourceGroup,
    deliveryGroup: values["delivery-group"] ?? `${resourceGroup}-delivery`.slice(-90),
    stateAccount: values["state-account"] ?? `st${name.replaceAll("-", "").slice(0, 16)}${hash}`,
    stateContainer: values["state-container"] ?? "state",
    stateSku: values["state-sku"] ?? "Standard_ZRS",
    keyVault: values["key-vault"] ?? `kv-${name.replaceAll(/-+/g, "-").slice(0, 14).replace(/-$/, "")}-${hash}`,
    key: values.key ?? "pulumi",
    identityPrefix: values["identity-prefix"] ?? `id-${name}`,
    adminGroup: values["admin-group"] ?? `${name}-db-admins`.slice(-63),
    operator: (values.operator ?? "me") === "me",
    azureDevOps,
    ...(values["pulumi-organization"] === undefined ? {} : { organization: values["pulumi-organization"] }),
    ...(values.repository === undefined ? {} : { repository: values.repository }),
    ...(values["runner-network"] === undefined ? {} : { runnerNetwork: values["runner-network"] }),
  };
}

function projectName(): string {
  return parse(readFileSync(new URL("../../Pulumi.yaml", import.meta.url), "utf8")).name;
}

/** ARM id of something in one of the groups. */
export function armId({ subscriptionId }: Settings, group: string, ...path: string[]): string {
  return [`/subscriptions/${subscriptionId}/resourceGroups/${group}`, ...path].join("/");
}

/** ARM id of the vault's key. */
export function keyId(settings: Settings): string {
  const { deliveryGroup, keyVault, key } = settings;
  return armId(settings, deliveryGroup, "providers/Microsoft.KeyVault/vaults", keyVault, "keys", key);
}

/** ARM id of where a role is given; undefined where there is no such place. */
export function scopeId(settings: Settings, scope: Scope): string | undefined {
  const { organization, resourceGroup, deliveryGroup, stateAccount, stateContainer, runnerNetwork } = settings;
  if (scope === "stack") return armId(settings, resourceGroup);
  if (scope === "runners") return runnerNetwork;
  if (organization !== undefined) return undefined;
  if (scope === "key") return keyId(settings);
  const account = ["providers/Microsoft.Storage/storageAccounts", stateAccount];
  return armId(settings, deliveryGroup, ...account, "blobServices/default/containers", stateContainer);
}
