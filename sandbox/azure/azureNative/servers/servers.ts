import { rm } from "node:fs/promises";
import { join } from "node:path";
import { textAt, valueAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import { DATABASE, SERVER } from "../resourceTypes.ts";
import { applyAccess, endpointsOf } from "./serverAccess.ts";
import { checkServerLogin, requireNoPasswords, requireServer } from "./serverChecks.ts";

/** Databases that every server has. Assumed, but for `postgres`. */
export const SYSTEM_DATABASES = ["azure_maintenance", "azure_sys", "postgres"];
/** The default version. */
const DEFAULT_VERSION = "17";

/** Flexible servers: each really is a PostgreSQL cluster behind a TLS gateway. */
export function servers(context: ArmContext): Behaviour {
  const { services, operations } = context;
  return {
    type: SERVER,
    check: checkServerLogin,
    requireEmulated: requireNoPasswords,
    async put({ id, inputs, existing }) {
      requireFreeName(context, id);
      requireServer(id, inputs, existing?.state, services.directory.tenantId);
      return operations.change(id, existing ? "update of the server" : "creation of the server", async () => {
        const address = existing?.hidden.address ?? context.serverAddresses.take();
        const version = textAt(inputs, "version") ?? textAt(existing?.state, "version") ?? DEFAULT_VERSION;
        const server: ArmResource = {
          id: existing?.id ?? id,
          token: SERVER.token,
          state: { version },
          hidden: { address },
        };
        try {
          if (!existing) await openServer(context, server);
          await applySettings(context, id, inputs, existing?.state);
        } catch (error) {
          if (!existing) await discard(context, server);
          throw error;
        }
        if (!existing) addSystemDatabases(context, id);
        const host = context.servers.get(id.toLowerCase());
        return {
          state: answer(inputs, existing, version, host?.hostName),
          hidden: server.hidden,
        };
      });
    },
    async get(server) {
      return {
        ...server.state,
        state: operations.isBusy(server.id) ? "Updating" : server.state.state,
        privateEndpointConnections: endpointsOf(context, server.id).map((endpoint) => ({
          privateEndpoint: { id: endpoint.id },
          provisioningState: "Succeeded",
        })),
      };
    },
    async remove(server) {
      await operations.change(server.id, "deletion of the server", () => discard(context, server));
    },
  };
}

/** Starts a server that the store lists or is about to list. The first one is `localhost`. */
export async function openServer(context: ArmContext, server: ArmResource): Promise<void> {
  const { services, hosts } = context;
  const address = String(server.hidden.address);
  const host = await hosts.openServer({
    name: nameInId(server.id),
    dir: serverDir(context, server.id),
    directory: services.directory,
    issuer: services.issuer,
    authority: services.authority,
    address,
    hostName: address === "127.0.0.1" ? "localhost" : address,
    port: services.databasePort,
    version: String(server.state.version),
    behaviour: services.behaviour,
    ...(services.log ? { log: services.log } : {}),
  });
  context.servers.set(server.id.toLowerCase(), host);
}

async function discard(context: ArmContext, server: ArmResource): Promise<void> {
  const host = context.servers.get(server.id.toLowerCase());
  context.servers.delete(server.id.toLowerCase());
  await host?.destroy();
  await rm(serverDir(context, server.id), { recursive: true, force: true });
  context.serverAddresses.release(server.hidden.address);
}

function serverDir(context: ArmContext, id: string): string {
  return join(context.services.stateDir, "servers", nameInId(id).toLowerCase());
}

async function applySettings(context: ArmContext, id: string, inputs: Props, old: Props | undefined): Promise<void> {
  const host = context.servers.get(id.toLowerCase());
  const entra = textAt(inputs, "authConfig.activeDirectoryAuth") ?? "Disabled";
  const hadEntra = old === undefined ? undefined : (textAt(old, "authConfig.activeDirectoryAuth") ?? "Disabled");
  if (entra !== hadEntra) await host?.setEntraAuth(entra === "Enabled");
  applyAccess(context, id, { publicAccess: textAt(inputs, "network.publicNetworkAccess") ?? "Enabled" });
  if (old !== undefined && valueAt(old, "sku.name") !== valueAt(inputs, "sku.name")) await host?.restart();
}

/** A server's name is part of its DNS name, so it is taken for all of Azure. */
function requireFreeName(context: ArmContext, id: string): void {
  const taken = context.store
    .list(SERVER.token)
    .find((server) => sameArmId(nameInId(server.id), nameInId(id)) && !sameArmId(server.id, id));
  if (taken === undefined) return;
  throw armError("ServerNameAlreadyExists", { name: nameInId(id), other: taken.id });
}

function addSystemDatabases(context: ArmContext, serverId: string): void {
  for (const name of SYSTEM_DATABASES) {
    context.store.put({
      id: `${serverId}/databases/${name}`,
      token: DATABASE.token,
      state: { name, type: DATABASE.armType, charset: "UTF8", collation: "en_US.utf8" },
      hidden: {},
    });
  }
}

function answer(
  inputs: Props,
  existing: ArmResource | undefined,
  version: string,
  hostName: string | undefined,
): Props {
  const old = existing?.state;
  const isAlone = (textAt(inputs, "highAvailability.mode") ?? "Disabled") === "Disabled";
  return {
    version,
    fullyQualifiedDomainName: hostName,
    availabilityZone: textAt(inputs, "availabilityZone") || textAt(old, "availabilityZone") || "1",
    backup: { earliestRestoreDate: valueAt(old, "backup.earliestRestoreDate") ?? new Date().toISOString() },
    highAvailability: { state: isAlone ? "NotEnabled" : "Healthy" },
  };
}
