import { merged, objectAt, withoutAbsent } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { SandboxServices } from "./armContext.ts";
import { armError } from "./armError.ts";
import { armId, nameInId, parentPath, parseArmId, pathParameters, RESOURCE_GROUP_PATH } from "./armId.ts";
import type { Behaviour, PutOptions } from "./behaviour.ts";
import { commonOutputs } from "./commonOutputs.ts";
import { normalLocation } from "./location.ts";
import type { ArmResource, ResourceStore } from "./resourceStore.ts";
import type { ResourceType } from "./resourceType.ts";

/** What Azure Resource Manager does for every type: ids, parents, regions, deletion of the contents. */
export class ResourceTree {
  readonly #store: ResourceStore;
  readonly #services: Pick<SandboxServices, "subscriptionId" | "deployer">;
  /** By type token, in the order in which the contents of a resource group are deleted. */
  readonly #behaviours: ReadonlyMap<string, Behaviour>;

  constructor(
    store: ResourceStore,
    services: Pick<SandboxServices, "subscriptionId" | "deployer">,
    behaviours: readonly Behaviour[],
  ) {
    this.#store = store;
    this.#services = services;
    this.#behaviours = new Map(behaviours.map((behaviour) => [behaviour.type.token, behaviour]));
  }

  /** The ARM id that a resource with these inputs has. */
  id(behaviour: Behaviour, inputs: Props): string {
    return armId(behaviour.type.path, { ...inputs, subscriptionId: this.#services.subscriptionId });
  }

  /**
   * Creates a resource. Like azure-native, it refuses one that exists, unless the type comes with its parent.
   * @throws ArmError as Azure refuses it
   */
  async create(behaviour: Behaviour, inputs: Props, options?: PutOptions): Promise<ArmResource> {
    const id = this.id(behaviour, inputs);
    if (!behaviour.type.singleton && (await this.get(behaviour, id)) !== undefined) {
      throw new Error(
        `cannot create already existing resource '${id}'. Choose another name, or import the existing resource: ` +
          `pulumi import ${behaviour.type.token} <name> ${id}`,
      );
    }
    return this.put(behaviour, inputs, options);
  }

  /**
   * Creates or updates a resource.
   * @throws ArmError as Azure refuses it
   */
  async put(behaviour: Behaviour, inputs: Props, options?: PutOptions): Promise<ArmResource> {
    const id = this.id(behaviour, inputs);
    this.#requireParents(behaviour, id);
    const existing = this.#store.get(id);
    const location = typeof inputs.location === "string" ? normalLocation(inputs.location) : undefined;
    requireSameLocation(existing, location);
    const names = this.#names(behaviour, id);
    const { state, hidden = {} } = (await behaviour.put?.({ ...options, id, names, inputs, existing })) ?? {};
    const { type } = behaviour;
    const common = { name: nameInId(id), type: type.armType, location, tags: inputs.tags ?? undefined };
    const answer = { ...commonOutputs(type, existing, this.#services.deployer), ...state, ...common };
    const resource: ArmResource = {
      id: existing?.id ?? id,
      token: type.token,
      state: withoutAbsent(merged(merged(type.answers, answeredInputs(type, inputs)), answer)),
      hidden,
    };
    this.#store.put(resource);
    return resource;
  }

  /** Azure's answer about a resource, or nothing when it does not exist. */
  async get(behaviour: Behaviour, id: string): Promise<{ resource: ArmResource; state: Props } | undefined> {
    const resource = this.#store.get(id);
    if (resource?.token !== behaviour.type.token) return undefined;
    const state = behaviour.get ? await behaviour.get(resource) : resource.state;
    return state === undefined ? undefined : { resource, state };
  }

  /**
   * Deletes a resource and its contents. Deleting a missing resource succeeds.
   * @throws ArmError as Azure refuses it
   */
  async remove(id: string): Promise<void> {
    const resource = this.#store.get(id);
    if (resource === undefined) return;
    this.#behaviours.get(resource.token)?.mayDelete?.(resource);
    const order = [...this.#behaviours.keys()];
    const inside = this.#store.inside(id).sort((a, b) => order.indexOf(a.token) - order.indexOf(b.token));
    for (const child of inside) await this.#removeOne(child.id, true);
    await this.#removeOne(id, false);
  }

  async #removeOne(id: string, withParent: boolean): Promise<void> {
    const resource = this.#store.get(id);
    if (resource === undefined) return;
    await this.#behaviours.get(resource.token)?.remove?.(resource, withParent);
    this.#store.remove(id);
  }

  #names(behaviour: Behaviour, id: string): Record<string, string> {
    const names = parseArmId(behaviour.type.path, id) ?? {};
    return Object.fromEntries(pathParameters(behaviour.type.path).map((name) => [name, names[name] ?? ""]));
  }

  #requireParents(behaviour: Behaviour, id: string): void {
    const path = parentPath(behaviour.type.path);
    if (path === undefined) return;
    const names = parseArmId(behaviour.type.path, id) ?? {};
    const group = names.resourceGroupName;
    if (group !== undefined && this.#store.get(armId(RESOURCE_GROUP_PATH, names)) === undefined) {
      throw armError("ResourceGroupNotFound", { group });
    }
    const parent = armId(path, names);
    if (this.#store.get(parent) === undefined) {
      throw armError("ParentResourceNotFound", { name: nameInId(parent), parent });
    }
  }
}

/** The inputs that Azure answers. */
function answeredInputs({ outputs, secrets }: ResourceType, inputs: Props): Props {
  const answered = structuredClone(Object.fromEntries(outputs.map((name) => [name, inputs[name]])));
  for (const path of secrets) {
    const [name = "", ...holders] = path.split(".").reverse();
    delete (holders.length > 0 ? objectAt(answered, holders.reverse().join(".")) : answered)[name];
  }
  return withoutAbsent(answered);
}

function requireSameLocation(existing: ArmResource | undefined, location: string | undefined): void {
  const current = existing?.state.location;
  if (existing === undefined || location === undefined || current === undefined || current === location) return;
  throw armError("InvalidResourceLocation", { name: nameInId(existing.id), current, location });
}
