import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { StateFile } from "../stateFile.ts";

/** An identity of the tenant, or a group. */
export interface Principal {
  /** Object id (principal id): a GUID in lower case. */
  objectId: string;
  /** Display name; not unique in a tenant, as in Entra. */
  displayName: string;
  /** The type in `pgaadauth_*` functions; a managed identity is a `service`. */
  type: "service" | "user" | "group";
  /** Client id (application id); service principals only. */
  clientId?: string;
  /** User principal name; users only. */
  userPrincipalName?: string;
  /** ARM id of its virtual machine or user-assigned identity; becomes the `xms_mirid` claim. */
  resourceId?: string;
  /** Object ids of the members; groups only. */
  members?: string[];
}

/** A principal to add. The directory makes missing ids. */
export type NewPrincipal = Omit<Principal, "objectId" | "clientId"> & { objectId?: string; clientId?: string };

interface Entry extends Principal {
  /** When PostgreSQL sees it first, in milliseconds since the epoch. */
  visibleAt: number;
}

interface DirectoryState {
  tenantId: string;
  principals: Entry[];
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The Entra tenant of the sandbox: its principals, kept in `directory.json` of the state folder. */
export class Directory {
  /**
   * Seconds until PostgreSQL sees a principal that is added from now on. Entra replicates a new principal with a delay, during which
   * `pgaadauth_create_principal` does not find it.
   * @default 0
   */
  replicationDelay = 0;

  readonly #state: StateFile<DirectoryState>;
  readonly #listeners = new Set<() => void>();

  constructor(stateDir: string) {
    this.#state = new StateFile(join(stateDir, "directory.json"), () => ({ tenantId: randomUUID(), principals: [] }));
    this.#state.save();
  }

  /** The tenant's id, made once. */
  get tenantId(): string {
    return this.#state.value.tenantId;
  }

  /** Adds a principal. @throws Error when an id is not a GUID or is taken, or a user has no user principal name */
  add(principal: NewPrincipal): Principal {
    const objectId = guid(principal.objectId ?? randomUUID(), "object id");
    if (this.get(objectId)) throw new Error(`The directory already has a principal with the object id ${objectId}.`);
    const added: Principal = { ...structuredClone(principal), objectId } as Principal;
    if (added.type === "service") {
      added.clientId = guid(principal.clientId ?? randomUUID(), "client id");
      if (this.byClientId(added.clientId)) {
        throw new Error(`The directory already has a principal with the client id ${added.clientId}.`);
      }
    } else if (principal.clientId !== undefined) {
      throw new Error(`Only a service principal has a client id; ${added.displayName} is a ${added.type}.`);
    }
    if (added.type === "user" && !added.userPrincipalName) {
      throw new Error(`The user ${added.displayName} needs a userPrincipalName, such as someone@contoso.com.`);
    }
    this.#state.value.principals.push({ ...added, visibleAt: Date.now() + this.replicationDelay * 1000 });
    this.#changed();
    return structuredClone(added);
  }

  /** Removes a principal, also from its groups. An unknown object id is not an error. */
  remove(objectId: string): void {
    const { principals } = this.#state.value;
    const id = objectId.toLowerCase();
    const at = principals.findIndex((entry) => entry.objectId === id);
    if (at < 0) return;
    principals.splice(at, 1);
    for (const entry of principals) {
      if (entry.members) entry.members = entry.members.filter((member) => member !== id);
    }
    this.#changed();
  }

  /** The principal with this object id. */
  get(objectId: string): Principal | undefined {
    return this.#find((entry) => entry.objectId === objectId.toLowerCase())[0];
  }

  /** Principals whose display name (services, groups) or user principal name (users) is exactly this; oldest first. */
  findByName(name: string): Principal[] {
    return this.#find((entry) => principalName(entry) === name);
  }

  /** The service principal with this client id. */
  byClientId(clientId: string): Principal | undefined {
    return this.#find((entry) => entry.clientId === clientId.toLowerCase())[0];
  }

  /** Every principal, oldest first. */
  list(): Entry[] {
    return structuredClone(this.#state.value.principals);
  }

  /** Whether a principal is a member of a group, directly or through groups in it. */
  isMember(groupId: string, objectId: string): boolean {
    const seen = new Set<string>();
    const waiting = [groupId.toLowerCase()];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const members = this.get(id)?.members ?? [];
      if (members.includes(objectId.toLowerCase())) return true;
      waiting.push(...members);
    }
    return false;
  }

  /** Ends the replication delay of every principal. */
  replicate(): void {
    for (const entry of this.#state.value.principals) entry.visibleAt = Math.min(entry.visibleAt, Date.now());
    this.#changed();
  }

  /** Calls `listener` after each change. @returns a function that ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #find(matches: (entry: Entry) => boolean): Principal[] {
    return this.#state.value.principals.filter(matches).map(({ visibleAt: _, ...entry }) => structuredClone(entry));
  }

  #changed(): void {
    this.#state.save();
    for (const listener of this.#listeners) listener();
  }
}

/** The name by which PostgreSQL finds a principal: the user principal name of a user, the display name of any other. */
export function principalName(principal: Principal): string {
  return principal.type === "user" ? (principal.userPrincipalName ?? "") : principal.displayName;
}

function guid(text: string, what: string): string {
  const lower = text.toLowerCase();
  if (!GUID.test(lower)) throw new Error(`The ${what} ${JSON.stringify(text)} is not a GUID.`);
  return lower;
}
