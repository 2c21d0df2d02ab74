import type { ArmContext, ServerHost } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { ArmResource } from "../engine/resourceStore.ts";

/** The ARM id of the server that something in it belongs to. */
export function serverIdOf(id: string): string {
  return id.split("/").slice(0, 9).join("/");
}

/**
 * The server of something in it, with the process behind it.
 * @throws ArmError when it does not run
 */
export function requireRunning(context: ArmContext, id: string): { server: ArmResource; host: ServerHost } {
  const serverId = serverIdOf(id);
  const server = context.store.get(serverId);
  const host = context.servers.get(serverId.toLowerCase());
  if (server && host) return { server, host };
  throw armError("ServerIsNotReady", { server: nameInId(serverId) });
}
