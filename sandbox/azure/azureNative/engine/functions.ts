import { emulated } from "../../emulated.ts";
import { checkProperties } from "../../properties/checkProperties.ts";
import { textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import { RUN_COMMAND, VIRTUAL_MACHINE } from "../resourceTypes.ts";
import type { ArmContext } from "./armContext.ts";
import { ArmError, NotEmulatedError } from "./armError.ts";
import { armId, nameInId } from "./armId.ts";
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
    throw new NotEmulatedError(
      `getResource for ${args.resourceProviderNamespace}/${args.parentResourcePath}/${args.resourceType}/${args.resourceName}`,
      "It has virtualMachines/<vm>/providers/Microsoft.ManagedIdentity, identities, default.",
    );
  }
  if (args.apiVersion !== "2023-01-31") {
    throw new ArmError(
      400,
      "NoRegisteredProviderFound",
      `No registered resource provider found for API version '${args.apiVersion}' for type 'identities'.`,
      'Use apiVersion "2023-01-31".',
    );
  }
  const machine = store.get(machineId);
  const principal = services.directory.get(textAt(machine?.state, "identity.principalId") ?? "");
  if (machine === undefined || principal === undefined)
    throw notFound(`${machineId}/providers/Microsoft.ManagedIdentity/identities/default`);
  return {
    id: `${machine.id}/providers/Microsoft.ManagedIdentity/identities/default`,
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
  if (command === undefined) throw notFound(id);
  if (expand !== undefined && String(expand).toLowerCase() !== "instanceview") {
    throw new ArmError(
      400,
      "InvalidParameter",
      `The value '${expand}' of parameter $expand is invalid.`,
      'Use expand: "instanceView".',
    );
  }
  return {
    ...command.state,
    id: command.id,
    azureApiVersion: RUN_COMMAND.apiVersion,
    ...(expand === undefined ? {} : { instanceView: command.hidden.instanceView }),
  };
}

function notFound(id: string): ArmError {
  return new ArmError(
    404,
    "ResourceNotFound",
    `The Resource '${nameInId(id)}' (${id}) was not found.`,
    "Make sure that it is created first: pass an output of the resource.",
  );
}
