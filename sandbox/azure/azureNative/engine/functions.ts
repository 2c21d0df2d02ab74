import { emulated } from "../../emulated.ts";
import { checkProperties } from "../../properties/checkProperties.ts";
import { isAbsent, textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import {
  DATABASE,
  NETWORK_INTERFACE,
  PRIVATE_ENDPOINT,
  PRIVATE_ZONE,
  PUBLIC_IP_ADDRESS,
  RUN_COMMAND,
  SERVER,
  SUBNET,
  USER_ASSIGNED_IDENTITY,
  VIRTUAL_MACHINE,
  VIRTUAL_NETWORK,
} from "../resourceTypes.ts";
import type { ArmContext } from "./armContext.ts";
import { armError } from "./armError.ts";
import { armId, nameInId } from "./armId.ts";
import { functionArguments, type ResourceType } from "./resourceType.ts";

/** The functions of azure-native that read one resource, by token. */
const READERS: Readonly<Record<string, ResourceType>> = {
  "azure-native:compute:getVirtualMachine": VIRTUAL_MACHINE,
  "azure-native:dbforpostgresql:getDatabase": DATABASE,
  "azure-native:dbforpostgresql:getServer": SERVER,
  "azure-native:managedidentity:getUserAssignedIdentity": USER_ASSIGNED_IDENTITY,
  "azure-native:network:getNetworkInterface": NETWORK_INTERFACE,
  "azure-native:network:getPrivateEndpoint": PRIVATE_ENDPOINT,
  "azure-native:network:getPublicIPAddress": PUBLIC_IP_ADDRESS,
  "azure-native:network:getSubnet": SUBNET,
  "azure-native:network:getVirtualNetwork": VIRTUAL_NETWORK,
  "azure-native:privatedns:getPrivateZone": PRIVATE_ZONE,
};

/** The other functions of azure-native that the sandbox has, by token. */
const FUNCTIONS: Readonly<Record<string, (context: ArmContext, args: Props) => Props>> = {
  "azure-native:authorization:getClientConfig": getClientConfig,
  "azure-native:resources:getResource": getResource,
  "azure-native:compute:getVirtualMachineRunCommandByVirtualMachine": getRunCommand,
};

/** Azure's answer about a resource; undefined when it does not exist. */
export type ReadResource = (type: ResourceType, id: string) => Promise<Props | undefined>;

/**
 * Calls a function.
 * @throws Error for one that the sandbox does not have or arguments that do not fit; ArmError as Azure refuses it
 */
export async function callFunction(
  context: ArmContext,
  token: string,
  args: Props,
  read: ReadResource,
): Promise<Props> {
  const called = emulated("function", token, { ...FUNCTIONS, ...READERS });
  const [failure] = checkProperties(token, { properties: functionArguments(token) }, args);
  if (failure) throw new Error(failure.reason);
  if (typeof called === "function") return called(context, args);
  // The sandbox has none of the parts that Azure answers only on demand.
  if (!isAbsent(args.expand)) throw armError("InvalidExpand", { expand: args.expand });
  const id = armId(called.path, { ...args, subscriptionId: context.services.subscriptionId });
  const state = await read(called, id);
  if (state === undefined) throw armError("ResourceNotFound", { name: nameInId(id), id });
  return { ...state, id, azureApiVersion: called.apiVersion };
}

/** Source: pulumi/pulumi-azure-native, provider/pkg/provider/auth_getclientconfig.go. */
function getClientConfig({ services }: ArmContext): Props {
  return {
    clientId: services.deployer.clientId ?? "",
    objectId: services.deployer.objectId,
    subscriptionId: services.subscriptionId,
    tenantId: services.directory.tenantId,
  };
}

/**
 * Of all resources, the sandbox answers the one that has no type in azure-native: a machine's system-assigned identity, with its client id.
 * Source: specification/msi/…/stable/2023-01-31/ManagedIdentity.json, SystemAssignedIdentities_GetByScope.
 */
function getResource(context: ArmContext, args: Props): Props {
  const { services, store } = context;
  const machineId = identityScope(services.subscriptionId, args);
  if (machineId === undefined) {
    throw armError("GetResourceNotEmulated", {
      namespace: args.resourceProviderNamespace,
      parent: args.parentResourcePath,
      type: args.resourceType,
      name: args.resourceName,
    });
  }
  if (args.apiVersion !== "2023-01-31") throw armError("NoRegisteredProviderFound", { apiVersion: args.apiVersion });
  const identityId = `${machineId}/providers/Microsoft.ManagedIdentity/identities/default`;
  const machine = store.get(machineId);
  const principal = services.directory.get(textAt(machine?.state, "identity.principalId") ?? "");
  if (machine === undefined || principal === undefined)
    throw armError("ResourceNotFound", { name: "default", id: identityId });
  return {
    id: identityId,
    name: "default",
    type: "Microsoft.ManagedIdentity/identities",
    location: machine.state.location,
    ...(machine.state.tags === undefined ? {} : { tags: machine.state.tags }),
    properties: {
      tenantId: services.directory.tenantId,
      principalId: principal.objectId,
      clientId: principal.clientId,
    },
    azureApiVersion: "2023-01-31",
  };
}

function identityScope(subscriptionId: string, args: Props): string | undefined {
  const namespace = String(args.resourceProviderNamespace).toLowerCase();
  const scope = /^virtualMachines\/([^/]+)\/providers\/Microsoft\.ManagedIdentity$/i.exec(
    String(args.parentResourcePath),
  );
  const isIdentity = String(args.resourceType).toLowerCase() === "identities" && args.resourceName === "default";
  if (namespace !== "microsoft.compute" || !scope?.[1] || !isIdentity) return undefined;
  return armId(VIRTUAL_MACHINE.path, { subscriptionId, resourceGroupName: args.resourceGroupName, vmName: scope[1] });
}

/** Source: specification/compute/…/2024-11-01/runCommand.json; the instance view comes only when it is asked for. */
function getRunCommand(context: ArmContext, args: Props): Props {
  const { resourceGroupName, vmName, runCommandName, expand } = args;
  const subscriptionId = context.services.subscriptionId;
  const id = armId(RUN_COMMAND.path, { subscriptionId, resourceGroupName, vmName, runCommandName });
  const command = context.store.get(id);
  if (command === undefined) throw armError("ResourceNotFound", { name: runCommandName, id });
  if (expand !== undefined && String(expand).toLowerCase() !== "instanceview") {
    throw armError("InvalidExpand", { expand });
  }
  return {
    ...command.state,
    id: command.id,
    azureApiVersion: RUN_COMMAND.apiVersion,
    ...(expand === undefined ? {} : { instanceView: command.hidden.instanceView }),
  };
}
