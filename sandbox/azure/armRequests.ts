import type { AzureNativeEmulator } from "./azureNative/emulator.ts";
import { armError } from "./azureNative/engine/armError.ts";
import { nameInId, parseArmId } from "./azureNative/engine/armId.ts";
import type { ResourceType } from "./azureNative/engine/resourceType.ts";
import {
  ADMINISTRATOR,
  DATABASE,
  FIREWALL_RULE,
  RUN_COMMAND,
  SERVER,
  USER_ASSIGNED_IDENTITY,
  VIRTUAL_MACHINE,
} from "./azureNative/resourceTypes.ts";
import { objectAt } from "./properties/values.ts";
import type { Props } from "./providerHost.ts";

/** A request to Azure Resource Manager. */
export interface ArmRequest {
  method: string;
  /** Decoded. */
  path: string;
  /** What `$expand` asks for. */
  expand?: string;
  /** The JSON body. @default {} */
  body?: Props;
}

/** The types that programs ask for, list or change over HTTP, and the methods for them. */
const TYPES: readonly { type: ResourceType; methods: readonly string[] }[] = [
  { type: VIRTUAL_MACHINE, methods: ["GET", "PATCH"] },
  { type: SERVER, methods: ["GET", "PATCH"] },
  { type: ADMINISTRATOR, methods: ["GET", "PUT", "DELETE"] },
  { type: DATABASE, methods: ["GET", "PUT", "DELETE"] },
  { type: FIREWALL_RULE, methods: ["GET", "PUT", "DELETE"] },
  { type: RUN_COMMAND, methods: ["GET", "PUT", "DELETE"] },
  { type: USER_ASSIGNED_IDENTITY, methods: ["GET", "PUT", "DELETE"] },
];

const IDENTITY = /^(.*\/virtualMachines\/[^/]+)\/providers\/Microsoft\.ManagedIdentity\/identities\/default$/i;

/**
 * Answers a request for one of the resources in {@link TYPES} and for a virtual machine's own identity.
 * @returns the resource as azure-native shows it, or a list of them; undefined for a path of another kind
 * @throws ArmError as Azure refuses it
 */
export async function answerArmRequest(
  azure: AzureNativeEmulator,
  request: ArmRequest,
): Promise<Props | Props[] | undefined> {
  const { method, path } = request;
  const machineId = IDENTITY.exec(path)?.[1];
  if (machineId !== undefined && method === "GET") return ownIdentity(azure, machineId);
  for (const { type, methods } of TYPES) {
    const isList = parseArmId(type.path.replace(/\/\{\w+\}$/, ""), path) !== undefined;
    if (!isList && parseArmId(type.path, path) === undefined) continue;
    if (!(isList ? ["GET"] : methods).includes(method)) throw armError("MethodNotAllowed", { method });
    return isList ? listOf(azure, type, path) : change(azure, type, request);
  }
  return undefined;
}

async function change(azure: AzureNativeEmulator, type: ResourceType, request: ArmRequest) {
  const { method, path, expand, body = {} } = request;
  if (type === RUN_COMMAND && expand !== undefined) {
    const token = "azure-native:compute:getVirtualMachineRunCommandByVirtualMachine";
    const { resourceGroupName, vmName, runCommandName } = parseArmId(type.path, path) ?? {};
    return await azure.invoke(token, { resourceGroupName, vmName, runCommandName, expand });
  }
  switch (method) {
    case "PATCH":
      await azure.patch(path, asInputs(body));
      break;
    case "PUT":
      await azure.put(type.token, { ...asInputs(body), ...parseArmId(type.path, path) });
      break;
    case "DELETE":
      await azure.remove(path);
      return {};
  }
  const found = await azure.find(type.token, path);
  if (found === undefined) throw armError("ResourceNotFound", { name: nameInId(path), id: path });
  return found;
}

async function listOf(azure: AzureNativeEmulator, type: ResourceType, path: string): Promise<Props[]> {
  const inside = `${path}/`.toLowerCase();
  const ids = azure.resources().filter(({ id, token }) => token === type.token && id.toLowerCase().startsWith(inside));
  const all = await Promise.all(ids.map(({ id }) => azure.find(type.token, id)));
  return all.filter((each) => each !== undefined);
}

/** Source: specification/msi/…/stable/2023-01-31/ManagedIdentity.json, SystemAssignedIdentities_GetByScope. */
async function ownIdentity(azure: AzureNativeEmulator, machineId: string): Promise<Props> {
  const { resourceGroupName, vmName } = parseArmId(VIRTUAL_MACHINE.path, machineId) ?? {};
  const { properties, ...rest } = await azure.invoke("azure-native:resources:getResource", {
    apiVersion: "2023-01-31",
    resourceGroupName,
    resourceProviderNamespace: "Microsoft.Compute",
    parentResourcePath: `virtualMachines/${vmName}/providers/Microsoft.ManagedIdentity`,
    resourceType: "identities",
    resourceName: "default",
  });
  return { ...rest, ...(properties as Props) };
}

/** Azure's form of a resource as inputs of azure-native, which knows no `properties` and has the ids of identities as a list. */
function asInputs({ properties, identity, ...envelope }: Props): Props {
  const inputs = { ...envelope, ...(properties as Props | undefined) };
  if (typeof identity !== "object" || identity === null) return inputs;
  const { userAssignedIdentities, ...rest } = identity as Props;
  const ids = Object.keys(objectAt(identity, "userAssignedIdentities"));
  return { ...inputs, identity: { ...rest, ...(userAssignedIdentities ? { userAssignedIdentities: ids } : {}) } };
}
