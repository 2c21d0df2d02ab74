import { getClientConfig } from "@pulumi/azure-native/authorization/getClientConfig.js";
import * as pulumi from "@pulumi/pulumi";
import {
  type FoundIdentity,
  type FoundServer,
  type FoundVm,
  findIdentity,
  findServer,
  findVm,
  requireOnVm,
} from "entra-postgres";
import { UserError } from "entra-postgres/errors";
import type { AppSettings } from "./config/app.ts";
import type { Settings } from "./config/settings.ts";

/** What the configuration names and other programs made, as Azure has it. */
export interface Existing {
  server?: FoundServer;
  /** By application. */
  vms: ReadonlyMap<string, FoundVm>;
  /** By application. */
  identities: ReadonlyMap<string, FoundIdentity>;
}

/**
 * Reads everything that the configuration names and other programs made, before the program registers its first resource: what does not fit is
 * refused before anything is changed.
 *
 * @throws {pulumi.RunError} with every problem
 */
export async function findExisting(settings: Settings): Promise<Existing> {
  const problems: UserError[] = [];
  const collected = async <T>(work: Promise<T>): Promise<T | undefined> =>
    work.catch((error) => {
      if (!(error instanceof UserError)) throw error;
      problems.push(error);
      return undefined;
    });
  const { existingServerId } = settings;
  const server = existingServerId === undefined ? undefined : await collected(findServer(existingServerId));
  const vms = await byApp(settings, ({ existingVmId }) => existingVmId && collected(findVm(existingVmId)));
  const identities = await byApp(settings, ({ identityId }) => identityId && collected(findIdentity(identityId)));
  const existing = { ...(server ? { server } : {}), vms, identities };
  for (const check of [requireSameRegion, requireIdentities, requireReachable]) {
    await collected(check(settings, existing));
  }
  if (problems.length > 0) throw new pulumi.RunError(problems.map(({ message }) => message).join("\n\n"));
  return existing;
}

async function byApp<T>(
  { apps }: Settings,
  find: (app: AppSettings) => Promise<T | undefined> | undefined | "",
): Promise<Map<string, T>> {
  const found = await Promise.all(apps.map(async (app) => [app.name, await find(app)] as const));
  return new Map(found.flatMap(([name, one]) => (one ? [[name, one] as const] : [])));
}

/** Azure lets a server and its clients be in two regions. It is slow, and costs for each byte. */
async function requireSameRegion({ location, apps }: Settings, { server, vms }: Existing): Promise<void> {
  const isNewVm = apps.some(({ vmName }) => vmName !== undefined);
  if (server && isNewVm && !sameRegion(server.location, location)) {
    throw elsewhere("EP-SERVER-07", server.serverId, location, server.location);
  }
  const expected = server?.location ?? location;
  const other = [...vms.values()].find((vm) => !sameRegion(vm.location, expected));
  if (other) throw elsewhere("EP-VM-06", other.vmId, expected, other.location);
}

async function requireIdentities(_settings: Settings, { vms, identities }: Existing): Promise<void> {
  if (identities.size === 0) return;
  const { tenantId } = await getClientConfig();
  for (const [app, identity] of identities) {
    if (identity.tenantId.toLowerCase() !== tenantId.toLowerCase()) {
      throw refused(
        "EP-VM-06",
        identity.identityId,
        `the deployer's tenant, ${tenantId}`,
        `tenant ${identity.tenantId}`,
      );
    }
    const vm = vms.get(app);
    if (vm) requireOnVm(vm, identity);
  }
}

async function requireReachable(settings: Settings, { server, vms }: Existing): Promise<void> {
  const { allowedAddresses, subnets } = settings;
  const isPublic = server ? server.publicAccess : settings.server.publicAccess;
  const newVm = settings.apps.find(({ vmName }) => vmName !== undefined);
  if (server && !isPublic && (allowedAddresses.length > 0 || (newVm && !subnets.vmSubnetId))) {
    const found = allowedAddresses.length > 0 ? "allowedAddresses" : "a new VM without vmSubnetId";
    throw refused("EP-SERVER-11", server.serverId, "clients inside a network that reaches it", found);
  }
  const hidden = [...vms.values()].find(({ publicIpAddress }) => publicIpAddress === "");
  if (isPublic && hidden && allowedAddresses.length === 0) {
    throw refused("EP-VM-08", hidden.vmId, "an address that the server's firewall can let in", "none");
  }
}

function sameRegion(one: string, other: string): boolean {
  const normal = (name: string) => name.toLowerCase().replaceAll(" ", "");
  return normal(one) === normal(other);
}

function elsewhere(code: "EP-SERVER-07" | "EP-VM-06", at: string, expected: string, found: string): UserError {
  return refused(code, at, `region ${expected}`, `region ${found}`);
}

function refused(code: UserError["code"], at: string, expected: string, found: string): UserError {
  return new UserError({ code, step: "reading what exists", at, expected, found });
}
