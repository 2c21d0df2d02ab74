import { UserError } from "../../../components/errors/userError.ts";
import type { Context } from "../context.ts";
import { stackServers } from "../stackResources.ts";

/** A server that the stack has already is ready. */
export async function checkServerState(context: Context): Promise<string> {
  if (context.settings.existingServerId) return "see existing resources";
  const servers = await stackServers(context);
  const [idle] = servers.filter(({ state }) => state !== "Ready");
  if (idle) {
    const { name, resourceGroup, state } = idle;
    throw new UserError({
      code: "EP-PREFLIGHT-15",
      step: "asking for the stack's server",
      expected: `server ${name} to be Ready`,
      found: `it is ${state}`,
      remedy:
        state === "Stopped"
          ? `az postgres flexible-server start --name ${name} --resource-group ${resourceGroup}`
          : "wait until its state is Ready",
    });
  }
  return servers.length === 0 ? "the stack has none yet" : `${servers.map(({ name }) => name).join(", ")}: Ready`;
}
