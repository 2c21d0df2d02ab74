import type { FlexibleServer } from "../../postgres/flexibleServer.ts";
import type { VirtualMachine } from "../../vm/virtualMachine.ts";
import { emulated } from "../emulated.ts";
import { checkProperties } from "../properties/checkProperties.ts";
import { isAbsent, isUnknown, merged } from "../properties/values.ts";
import type { CheckRequest, Emulator, Props } from "../providerHost.ts";
import { UNKNOWN } from "../providerHost.ts";
import { AddressPool } from "./engine/addressPool.ts";
import { type ArmContext, type ArmHosts, REAL_HOSTS, type SandboxServices } from "./engine/armContext.ts";
import { armError } from "./engine/armError.ts";
import { armId, nameInId, parseArmId, pathParameters } from "./engine/armId.ts";
import { CREATE_BEFORE_DELETE, withName } from "./engine/autonaming.ts";
import type { Behaviour } from "./engine/behaviour.ts";
import { diffInputs } from "./engine/diffInputs.ts";
import { callFunction } from "./engine/functions.ts";
import { previewOutputs, projectInputs, refreshInputs } from "./engine/projectInputs.ts";
import { type ArmResource, ResourceStore } from "./engine/resourceStore.ts";
import { ResourceTree } from "./engine/resourceTree.ts";
import { diagnosticSettings, workspaces } from "./logs/logDestinations.ts";
import { runCommands } from "./machines/runCommands.ts";
import { userAssignedIdentities } from "./machines/userAssignedIdentities.ts";
import { startMachine, virtualMachines } from "./machines/virtualMachines.ts";
import { networkInterfaces } from "./network/networkInterfaces.ts";
import { privateDnsZoneGroups, privateEndpoints } from "./network/privateEndpoints.ts";
import { privateZones, virtualNetworkLinks } from "./network/privateZones.ts";
import { publicAddresses } from "./network/publicAddresses.ts";
import { securityGroups } from "./network/securityGroups.ts";
import { subnets, virtualNetworks } from "./network/virtualNetworks.ts";
import { RESOURCE_GROUP, SERVER, VIRTUAL_MACHINE } from "./resourceTypes.ts";
import { administrators } from "./servers/administrators.ts";
import { configurations } from "./servers/configurations.ts";
import { databases } from "./servers/databases.ts";
import { firewallRules } from "./servers/firewallRules.ts";
import { applyAccess } from "./servers/serverAccess.ts";
import { ServerOperations } from "./servers/serverOperations.ts";
import { openServer, servers } from "./servers/servers.ts";

export type { ArmHosts, SandboxServices } from "./engine/armContext.ts";

/** The emulator for the `azure-native` provider and for the part of Azure behind it. */
export class AzureNativeEmulator implements Emulator {
  readonly name = "azure-native";
  readonly version = "3.28.0";

  readonly #context: ArmContext;
  readonly #manager: ResourceTree;
  readonly #behaviours: Readonly<Record<string, Behaviour>>;
  /** `azure-native:location` as last configured. */
  #location: string | undefined;

  private constructor(context: ArmContext) {
    this.#context = context;
    const behaviours = BEHAVIOURS.map((behaviour) => behaviour(context));
    this.#behaviours = Object.fromEntries(behaviours.map((behaviour) => [behaviour.type.token, behaviour]));
    this.#manager = new ResourceTree(context.store, context.services, behaviours);
  }

  /** Opens the emulator and starts the servers and virtual machines that its state lists. */
  static async open(services: SandboxServices, hosts: ArmHosts = REAL_HOSTS): Promise<AzureNativeEmulator> {
    const store = new ResourceStore(services.stateDir);
    const context: ArmContext = {
      services,
      hosts,
      store,
      operations: new ServerOperations(services.behaviour.operationSeconds),
      servers: new Map(),
      machines: new Map(),
      serverAddresses: new AddressPool(store.list(SERVER.token).map(({ hidden }) => hidden.address)),
      publicAddresses: new AddressPool(
        store.list().flatMap(({ state, hidden }) => [state.ipAddress, hidden.ownAddress]),
      ),
    };
    const emulator = new AzureNativeEmulator(context);
    try {
      await emulator.#startAll();
    } catch (error) {
      await emulator.close();
      throw error;
    }
    return emulator;
  }

  /** Stops every server and virtual machine; their data stays. */
  async close(): Promise<void> {
    const { servers, machines } = this.#context;
    const running = [...servers.values(), ...machines.values()];
    servers.clear();
    machines.clear();
    await Promise.all(running.map((host) => host.stop()));
  }

  /** The running PostgreSQL servers by name. */
  servers(): Map<string, FlexibleServer> {
    return byName(this.#context.servers, this.#context.store) as Map<string, FlexibleServer>;
  }

  /** The running virtual machines by name. */
  virtualMachines(): Map<string, VirtualMachine> {
    return byName(this.#context.machines, this.#context.store) as Map<string, VirtualMachine>;
  }

  /** The resource with this id, as Azure would answer it. */
  resource(id: string): ArmResource | undefined {
    return structuredClone(this.#context.store.get(id));
  }

  /** Everything that exists, as Azure would list it. */
  resources(): ArmResource[] {
    return structuredClone(this.#context.store.list());
  }

  /**
   * Changes a resource behind the program's back, as someone in Azure's portal would, with all its effects. What a program's inputs must
   * be is not checked, so this leads to states that no program can make, such as a server without any login.
   * @param changes input properties to set
   * @throws ArmError as Azure refuses it
   */
  async change(id: string, changes: Props): Promise<void> {
    const resource = this.#context.store.get(id);
    if (resource === undefined)
      throw new Error(`${id} does not exist. List what does with the sandbox's own list of resources.`);
    const behaviour = this.#behaviour(resource.token);
    const names = parseArmId(behaviour.type.path, resource.id) ?? {};
    await this.#manager.put(behaviour, { ...projectInputs(behaviour.type, resource.state), ...names, ...changes });
  }

  /**
   * Changes a resource as a PATCH does: what the request does not name stays as it is, at every depth.
   * @throws ArmError as Azure refuses it
   */
  async patch(id: string, changes: Props): Promise<void> {
    const resource = this.#context.store.get(id);
    if (resource === undefined) throw armError("ResourceNotFound", { name: nameInId(id), id });
    const behaviour = this.#behaviour(resource.token);
    const names = parseArmId(behaviour.type.path, resource.id) ?? {};
    const inputs = merged(projectInputs(behaviour.type, resource.state), changes);
    await this.#manager.put(behaviour, { ...inputs, ...names }, { partial: true });
  }

  /**
   * Makes a resource behind the program's back. What a program's inputs must be is not checked.
   * @param inputs all of them, with the names that its id is made of
   * @returns its id
   * @throws ArmError as Azure refuses it
   */
  async add(token: string, inputs: Props): Promise<string> {
    return (await this.#manager.create(this.#behaviour(token), inputs)).id;
  }

  /** Creates or changes a resource, as a PUT does. @throws ArmError as Azure refuses it */
  async put(token: string, inputs: Props): Promise<void> {
    await this.#manager.put(this.#behaviour(token), inputs);
  }

  /** The resource with this id as Azure answers it now, or nothing when it does not exist. */
  async find(token: string, id: string): Promise<Props | undefined> {
    const found = await this.#manager.get(this.#behaviour(token), id);
    return found && { ...structuredClone(found.state), id: found.resource.id };
  }

  /** Deletes a resource behind the program's back. @throws ArmError as Azure refuses it */
  remove(id: string): Promise<void> {
    return this.#manager.remove(id);
  }

  configure(_peer: string, config: Record<string, string>): void {
    const { subscriptionId } = this.#context.services;
    if (config.subscriptionId && config.subscriptionId.toLowerCase() !== subscriptionId.toLowerCase()) {
      throw new Error(
        `The sandbox has the subscription ${subscriptionId}, not ${config.subscriptionId}. Leave azure-native:subscriptionId to the ` +
          "environment that the sandbox sets: pulumi config rm azure-native:subscriptionId",
      );
    }
    this.#location = config.location || undefined;
  }

  async check(request: CheckRequest) {
    const behaviour = this.#behaviour(request.type);
    const { type } = behaviour;
    const inputs: Props = { ...withName(type, request) };
    if ("location" in type.properties && isAbsent(inputs.location)) {
      const location = this.#defaultLocation(request, inputs);
      if (!isAbsent(location)) inputs.location = location;
    }
    inputs.azureApiVersion ??= type.apiVersion;
    const failures = [...checkProperties(type.token, type, bodyOf(inputs)), ...(behaviour.check?.(inputs) ?? [])];
    if (inputs.azureApiVersion !== type.apiVersion) {
      failures.push({
        property: "azureApiVersion",
        reason: `the sandbox emulates API version ${type.apiVersion} of ${type.token}, not ${inputs.azureApiVersion}`,
      });
    }
    return { inputs, failures };
  }

  async diff(request: Parameters<Emulator["diff"]>[0]) {
    const { type } = this.#behaviour(request.type);
    const { changes, replaces } = diffInputs(type, request.oldInputs, request.news, request.oldOutputs);
    return {
      changes: changes.length > 0,
      diffs: changes,
      replaces,
      deleteBeforeReplace: replaces.length > 0 && request.oldInputs[CREATE_BEFORE_DELETE] !== true,
    };
  }

  async create(request: Parameters<Emulator["create"]>[0]) {
    const behaviour = this.#behaviour(request.type);
    if (request.preview) return { id: "", outputs: previewOutputs(behaviour.type, request.inputs) };
    behaviour.requireEmulated?.(request.inputs);
    const { signal } = request;
    const { id } = await this.#manager.create(behaviour, bodyOf(request.inputs), signal ? { signal } : {});
    return { id, outputs: await this.#outputs(behaviour, id) };
  }

  async read(request: Parameters<Emulator["read"]>[0]) {
    const behaviour = this.#behaviour(request.type);
    const { type } = behaviour;
    const found = await this.#manager.get(behaviour, request.id);
    if (found === undefined) return undefined;
    const outputs: Props = { ...found.state, azureApiVersion: type.apiVersion };
    const imported = Object.keys(request.inputs).length === 0;
    const inputs = imported
      ? importedInputs(behaviour, found.resource.id, outputs)
      : refreshInputs(type, request.inputs, request.outputs, outputs);
    return { id: request.id, inputs, outputs };
  }

  async update(request: Parameters<Emulator["update"]>[0]) {
    const behaviour = this.#behaviour(request.type);
    if (request.preview) {
      const { name, location } = request.oldOutputs;
      const stable = { ...(isAbsent(name) ? {} : { name }), ...(isAbsent(location) ? {} : { location }) };
      return { outputs: { ...previewOutputs(behaviour.type, request.inputs), ...stable } };
    }
    behaviour.requireEmulated?.(request.inputs);
    const { id } = await this.#manager.put(behaviour, bodyOf(request.inputs));
    return { outputs: await this.#outputs(behaviour, id) };
  }

  async delete(request: Parameters<Emulator["delete"]>[0]): Promise<void> {
    this.#behaviour(request.type);
    await this.#manager.remove(request.id);
  }

  async invoke(token: string, args: Props): Promise<Props> {
    return callFunction(this.#context, token, args, async ({ token }, id) => {
      return (await this.#manager.get(this.#behaviour(token), id))?.state;
    });
  }

  #behaviour(token: string): Behaviour {
    return emulated("resource type", token, this.#behaviours);
  }

  /** Like azure-native, which reads a resource again after each write. */
  async #outputs(behaviour: Behaviour, id: string): Promise<Props> {
    const found = await this.#manager.get(behaviour, id);
    return { ...found?.state, azureApiVersion: behaviour.type.apiVersion };
  }

  /** The old location, the configured one, else the resource group's. Source: `getDefaultLocation` in azure-native's provider.go. */
  #defaultLocation(request: CheckRequest, inputs: Props): unknown {
    const chosen = request.olds.location ?? this.#location;
    if (!isAbsent(chosen)) return chosen;
    const group = inputs.resourceGroupName;
    if (isUnknown(group)) return UNKNOWN;
    if (typeof group !== "string" || request.type === RESOURCE_GROUP.token) return undefined;
    const { subscriptionId } = this.#context.services;
    return this.#context.store.get(armId(RESOURCE_GROUP.path, { subscriptionId, resourceGroupName: group }))?.state
      .location;
  }

  async #startAll(): Promise<void> {
    const { store } = this.#context;
    for (const server of store.list(SERVER.token)) {
      await openServer(this.#context, server);
      applyAccess(this.#context, server.id);
    }
    for (const machine of store.list(VIRTUAL_MACHINE.token)) await startMachine(this.#context, machine);
  }
}

/** In the order in which the contents of a resource group can be deleted. */
const BEHAVIOURS: readonly ((context: ArmContext) => Behaviour)[] = [
  runCommands,
  virtualMachines,
  privateDnsZoneGroups,
  privateEndpoints,
  virtualNetworkLinks,
  privateZones,
  networkInterfaces,
  publicAddresses,
  subnets,
  virtualNetworks,
  securityGroups,
  userAssignedIdentities,
  diagnosticSettings,
  workspaces,
  firewallRules,
  configurations,
  administrators,
  databases,
  servers,
  () => ({ type: RESOURCE_GROUP }),
];

/** The inputs without those that only azure-native reads. */
function bodyOf(inputs: Props): Props {
  const { azureApiVersion: _, [CREATE_BEFORE_DELETE]: __, ...body } = inputs;
  return body;
}

function importedInputs(behaviour: Behaviour, id: string, outputs: Props): Props {
  const names = parseArmId(behaviour.type.path, id) ?? {};
  const own = pathParameters(behaviour.type.path).map((name) => [name, names[name]]);
  return {
    ...projectInputs(behaviour.type, outputs),
    ...Object.fromEntries(own),
    azureApiVersion: behaviour.type.apiVersion,
  };
}

function byName<T>(hosts: ReadonlyMap<string, T>, store: ResourceStore): Map<string, T> {
  return new Map([...hosts].map(([id, host]) => [nameInId(store.get(id)?.id ?? id), host]));
}
