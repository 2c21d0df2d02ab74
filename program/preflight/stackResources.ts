import { API_VERSION } from "../../components/azure/resourceManager.ts";
import { NotAskable } from "./answer.ts";
import { type Json, listIn, objectIn } from "./azureAnswer.ts";
import type { Context } from "./context.ts";
import { newMachines } from "./newMachines.ts";
import type { StackFile } from "./stackFile.ts";

/** Source: azure-rest-api-specs, specification/compute, VirtualMachines_Get, VirtualMachines_List and VirtualMachines_ListAll. */
export const COMPUTE_VERSION = "2024-07-01";

/** A flexible server that the stack made before. */
export interface StackServer {
  name: string;
  resourceGroup: string;
  /** Azure's word: `Ready`, `Stopped`, `Updating` and others. */
  state: string;
}

/**
 * The stack's servers, by their tags: the state is not read.
 *
 * Source: azure-rest-api-specs, specification/postgresql, stable/2024-08-01, FlexibleServers.json, Servers_List and
 * Servers_ListByResourceGroup.
 */
export async function stackServers(context: Context): Promise<StackServer[]> {
  const servers = await taggedResources(context, "Microsoft.DBforPostgreSQL/flexibleServers", API_VERSION);
  return servers.map((server) => ({
    name: String(server.name),
    resourceGroup: /\/resourceGroups\/([^/]+)/i.exec(String(server.id))?.[1] ?? "…",
    state: String(objectIn(server, "properties").state),
  }));
}

/** Which server makes it needless to ask what the region offers to new ones; undefined where a server is to be created. */
export async function presentServer(context: Context): Promise<string | undefined> {
  if (context.settings.existingServerId) return "the existing server's";
  const [server] = await stackServers(context).catch((error) => {
    if (error instanceof NotAskable) return [];
    throw error;
  });
  return server && `the stack has ${server.name} already`;
}

/** Names of the VMs that the next `up` creates: those that the stack has need no size and no quota. */
export async function missingMachines(context: Context): Promise<string[]> {
  const wanted = newMachines(context.settings);
  if (wanted.length === 0) return [];
  const present = await taggedResources(context, "Microsoft.Compute/virtualMachines", COMPUTE_VERSION).catch(
    (error) => {
      if (error instanceof NotAskable) return [];
      throw error;
    },
  );
  return wanted.filter((name) => !present.some((machine) => machine.name === name));
}

/** Whether a resource's tags are those that the program gives to all of a stack's resources. */
export function isOfStack({ project, stack }: StackFile, tags: Json): boolean {
  return tags.project === project && tags.stack === stack.name;
}

async function taggedResources(context: Context, type: string, version: string): Promise<Json[]> {
  const { resourceGroupName } = context.settings;
  const group = resourceGroupName === undefined ? "" : `/resourceGroups/${resourceGroupName}`;
  const answer = await context.ask(
    "asking for the stack's resources",
    `${group}/providers/${type}?api-version=${version}`,
  );
  if (answer.status >= 400)
    throw new NotAskable(`Azure does not list the resources (${answer.error?.code ?? answer.status})`);
  return listIn(answer.body).filter((resource) => isOfStack(context.file, objectIn(resource, "tags")));
}
