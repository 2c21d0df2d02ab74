import { API_VERSION } from "../../../components/azure/resourceManager.ts";
import { UserError } from "../../../components/errors/userError.ts";
import { NotAskable } from "../answer.ts";
import { bodyOf, type Json, objectIn, refusal } from "../azureAnswer.ts";
import type { Context } from "../context.ts";
import { fixedName } from "../fixedName.ts";
import { newMachines } from "../newMachines.ts";
import { COMPUTE_VERSION, isOfStack, stackServers } from "../stackResources.ts";

/** Source: azure-rest-api-specs, specification/resources, ResourceGroups_Get. */
const RESOURCES_VERSION = "2021-04-01";

/** The resource group that the configuration names exists. */
export async function checkResourceGroup(context: Context): Promise<string> {
  const { resourceGroupName } = context.settings;
  if (resourceGroupName === undefined) return "a new one, made by the first `up`";
  const step = "asking for the resource group";
  const answer = await context.ask(step, `/resourcegroups/${resourceGroupName}?api-version=${RESOURCES_VERSION}`);
  if (answer.status === 404) {
    throw new UserError({
      code: "EP-PREFLIGHT-11",
      step,
      expected: `a resource group ${resourceGroupName} in the subscription`,
      found: "none",
      remedy: `az group create --name ${resourceGroupName} --location ${context.settings.location}, or correct resourceGroupName`,
    });
  }
  const { location } = bodyOf(step, answer);
  return `${resourceGroupName}, in ${location}`;
}

/** A server's name is unique in the cloud. Names that end in a random part, the default, cannot be asked and need not be. */
export async function checkServerName(context: Context): Promise<string> {
  if (context.settings.existingServerId) return "the existing server's";
  const name = fixedName("app-server", context.file);
  if (name === undefined) return "new each time: it ends in a random part";
  const step = "asking whether the server's name is free";
  const mine = await stackServers(context);
  if (mine.some((server) => server.name === name)) return `${name}, this stack's own`;
  // Source: azure-rest-api-specs, specification/postgresql, stable/2024-08-01, CheckNameAvailability.json. It changes nothing.
  const path = `/providers/Microsoft.DBforPostgreSQL/checkNameAvailability?api-version=${API_VERSION}`;
  const type = "Microsoft.DBforPostgreSQL/flexibleServers";
  const { nameAvailable, reason, message } = await context.read(step, path, { method: "POST", body: { name, type } });
  if (nameAvailable === true) return `${name} is free`;
  throw taken(
    step,
    `the server name ${name} to be free`,
    `${reason}: ${message}`,
    "choose another name in pulumi:autonaming",
  );
}

/** The VMs' names, which their database roles have, too, are free in the resource group. */
export async function checkMachineNames(context: Context): Promise<string> {
  const { settings } = context;
  const { resourceGroupName } = settings;
  const names = newMachines(settings);
  if (names.length === 0) return "no VM is created";
  if (resourceGroupName === undefined) return `${names.join(", ")}, in a new resource group`;
  const step = "asking whether the VMs' names are free";
  const path = `/resourceGroups/${resourceGroupName}/providers/Microsoft.Compute/virtualMachines`;
  for (const name of names) {
    const answer = await context.ask(step, `${path}/${name}?api-version=${COMPUTE_VERSION}`);
    if (answer.status === 403) throw new NotAskable("this login may not read the VMs of the resource group");
    if (answer.status !== 404 && answer.status >= 400) throw refusal(step, answer);
    if (answer.status < 400 && !isOfStack(context.file, tagsOf(answer.body))) {
      const found = `the resource group ${resourceGroupName} has a VM ${name} that is not this stack's`;
      throw taken(step, `no VM ${name}`, found, "set vmName, or vmName of the application, to another name");
    }
  }
  return names.join(", ");
}

function tagsOf(body: Json): Json {
  return objectIn(body, "tags");
}

function taken(step: string, expected: string, found: string, remedy: string): UserError {
  return new UserError({ code: "EP-PREFLIGHT-10", step, expected, found, remedy });
}
