import { join } from "node:path";
import { StateFile } from "../../../stateFile.ts";
import type { Props } from "../../providerHost.ts";

/** A resource that exists in the emulator's Azure. */
export interface ArmResource {
  /** ARM id in its canonical spelling. */
  id: string;
  /** Pulumi's type token. */
  token: string;
  /** What Azure answers about it, with its name, type and location; never a password. */
  state: Props;
  /** What the emulator must remember and Azure does not answer, such as the address it gave out. Never a secret. */
  hidden: Props;
}

/** All resources, kept in `arm.json` of the state folder. Ids do not differ by case. */
export class ResourceStore {
  readonly #file: StateFile<{ resources: Record<string, ArmResource> }>;

  constructor(stateDir: string) {
    this.#file = new StateFile(join(stateDir, "arm.json"), () => ({ resources: {} }));
  }

  /** The resource with this id. */
  get(id: string): ArmResource | undefined {
    return this.#file.value.resources[id.toLowerCase()];
  }

  /** Every resource, or those of one type; oldest first. */
  list(token?: string): ArmResource[] {
    const all = Object.values(this.#file.value.resources);
    return token === undefined ? all : all.filter((resource) => resource.token === token);
  }

  /** Every resource inside a resource or a resource group, at any depth. */
  inside(id: string): ArmResource[] {
    const prefix = `${id.toLowerCase()}/`;
    return this.list().filter((resource) => resource.id.toLowerCase().startsWith(prefix));
  }

  /** Keeps a resource, in the place of one with the same id. */
  put(resource: ArmResource): void {
    this.#file.value.resources[resource.id.toLowerCase()] = structuredClone(resource);
    this.#file.save();
  }

  /** Forgets a resource. An unknown id is no error. */
  remove(id: string): void {
    delete this.#file.value.resources[id.toLowerCase()];
    this.#file.save();
  }
}
