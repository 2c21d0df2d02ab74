import { AzError, type State } from "./azureCliState.ts";

/** Gives an option's value, or "" where it is not given. */
export type Option = (name: string) => string;

/** What closes a storage account, as options. */
export const LOCKS = [
  "--allow-shared-key-access",
  "--allow-blob-public-access",
  "--allow-cross-tenant-replication",
  "--min-tls-version",
  "--https-only",
];
export const VAULT_LOCKS = ["--enable-rbac-authorization", "--enable-purge-protection"];
/** A federated credential, as options. */
export const CREDENTIAL = ["--name", "--identity-name", "--resource-group", "--issuer", "--subject", "--audiences"];

export function account(option: Option, { subscriptions, login }: State) {
  const wanted = option("--subscription");
  const found = wanted === "" ? subscriptions[0] : subscriptions.find(({ id }) => id === wanted);
  if (!found) throw new AzError(`Subscription '${wanted}' not found. Check the spelling and casing and try again.`);
  return { ...found, state: "Enabled", isDefault: found === subscriptions[0], user: login };
}

/** ARM id of the subscription that a command is run against. */
export function subscription(option: Option, state: State): string {
  return `/subscriptions/${account(option, state).id}`;
}

export function groupId(name: string, option: Option, state: State): string {
  return `${subscription(option, state)}/resourceGroups/${name}`;
}

function inGroup(option: Option, state: State, ...path: string[]): string {
  return [groupId(option("--resource-group"), option, state), "providers", ...path].join("/");
}

export function storageId(option: Option, state: State): string {
  const name = option("--name") || option("--account-name");
  return inGroup(option, state, "Microsoft.Storage/storageAccounts", name);
}

export function containerId(option: Option, state: State): string {
  const path = ["Microsoft.Storage/storageAccounts", option("--storage-account"), "blobServices/default/containers"];
  return inGroup(option, state, ...path, option("--name"));
}

export function vaultId(option: Option, state: State): string {
  return inGroup(option, state, "Microsoft.KeyVault/vaults", option("--name"));
}

export function identityId(name: string, option: Option, state: State): string {
  return inGroup(option, state, "Microsoft.ManagedIdentity/userAssignedIdentities", name);
}

/** What is there, or the error of a GET. */
export function show(state: State, id: string, code = "ResourceNotFound", exitCode = 3): Record<string, unknown> {
  const found = state.resources[id.toLowerCase()];
  if (!found) throw new AzError(`(${code}) ${id} could not be found.\nCode: ${code}`, exitCode);
  return found;
}

export function put(state: State, id: string, value: Record<string, unknown>): Record<string, unknown> {
  const group = /^(\/subscriptions\/[^/]+\/resourcegroups\/[^/]+)\//i.exec(id)?.[1];
  if (group && !state.resources[group.toLowerCase()]) {
    throw new AzError(`(ResourceGroupNotFound) Resource group '${group.split("/").at(-1)}' could not be found.`);
  }
  const resource = { id, name: id.split("/").at(-1), ...value };
  state.resources[id.toLowerCase()] = resource;
  return resource;
}

export function change(state: State, id: string, value: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(show(state, id), value);
}

export function locks(option: Option) {
  return {
    allowSharedKeyAccess: option("--allow-shared-key-access") === "true",
    allowBlobPublicAccess: option("--allow-blob-public-access") === "true",
    allowCrossTenantReplication: option("--allow-cross-tenant-replication") === "true",
    minimumTlsVersion: option("--min-tls-version"),
    enableHttpsTrafficOnly: option("--https-only") === "true",
  };
}

export function vaultLocks(option: Option) {
  return {
    enableRbacAuthorization: option("--enable-rbac-authorization") === "true",
    enablePurgeProtection: option("--enable-purge-protection") === "true",
  };
}

/** The blob service of an account, with Azure's defaults until it is changed. */
export function blobService(option: Option, state: State): Record<string, unknown> {
  show(state, storageId(option, state));
  const id = `${storageId(option, state)}/blobServices/default`.toLowerCase();
  state.resources[id] ??= { isVersioningEnabled: null, deleteRetentionPolicy: { enabled: false, days: null } };
  return state.resources[id] as Record<string, unknown>;
}

export interface Credential {
  name: string;
  issuer: string;
  subject: string;
  audiences: string[];
}

export function credentials(option: Option, state: State): Credential[] {
  return show(state, identityId(option("--identity-name"), option, state)).credentials as Credential[];
}

export function credential(option: Option, state: State, exists: boolean): Credential {
  const all = credentials(option, state);
  const found = all.findIndex(({ name }) => name === option("--name"));
  if (found === -1 && exists) throw new AzError("(NotFound) The federated credential was not found.", 3);
  const made = {
    name: option("--name"),
    issuer: option("--issuer"),
    subject: option("--subject"),
    audiences: [option("--audiences")],
  };
  all.splice(found === -1 ? all.length : found, found === -1 ? 0 : 1, made);
  return made;
}

export function members(option: Option, { groups }: State): string[] {
  const group = groups.find(({ id }) => id === option("--group"));
  if (!group) throw new AzError(`Resource '${option("--group")}' does not exist (Request_ResourceNotFound)`);
  return group.members;
}

/** The part of a role definition that az takes from its argument. */
export function definitionBody(given: { actions: string[]; description: string; assignableScopes: string[] }) {
  const { actions, description, assignableScopes } = given;
  const permissions = [{ actions, notActions: [], dataActions: [], notDataActions: [] }];
  return { description, assignableScopes, permissions };
}
