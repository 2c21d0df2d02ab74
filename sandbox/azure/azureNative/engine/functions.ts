import { emulated } from "../../emulated.ts";
import { checkProperties } from "../../properties/checkProperties.ts";
import { textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import { RUN_COMMAND, VIRTUAL_MACHINE } from "../resourceTypes.ts";
import type { ArmContext } from "./armContext.ts";
import { armError } from "./armError.ts";
import { armId } from "./armId.ts";
import { functionArguments } from "./resourceType.ts";

/** The functions of azure-native that the sandbox has, by token. */
const FUNCTIONS: Readonly<Record<string, (context: ArmContext, args: Props) => Props>> = {
  "azure-native:authorization:getClientConfig": getClientConfig,
  "azure-native:resources:getResource": getResource,
  "azure-native:compute:getVirtualMachineRunCommandByVirtualMachine": getRunCommand,
};

/**
 * Calls a function.
 * @throws Error for one that the sandbox does not have or arguments that do not fit; ArmError as Azure refuses it
 */
export function callFunction(context: ArmContext, token: string, args: Props): Props {
  const called = emulated("function", token, FUNCTIONS);
  const [failure] = checkProperties(token, { properties: functionArguments(token) }, args);
  if (failure) throw new Error(failure.reason);
  return called(context, args);
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
