import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { StateFile } from "../stateFile.ts";

/** Who can be given a token or a database role. */
export interface Principal {
  /** Object id (principal id): a GUID in lower case. */
  objectId: string;
  /** Display name; not unique in a tenant, as in Entra. */
  displayName: string;
  /** The words that `pgaadauth_*` use; a managed identity is a `service`. */
  type: "service" | "user" | "group";
  /** Client id (application id); service principals only. */
  clientId?: string;
  /** User principal name; users only. */
  userPrincipalName?: string;
  /** ARM id of the virtual machine or user-assigned identity that owns it; becomes the `xms_mirid` claim. */
  resourceId?: string;
  /** Object ids of the members; groups only. */
  members?: string[];
}

/** What {@link Directory.add} takes: ids that are not given are made. */
export type NewPrincipal = Omit<Principal, "objectId" | "clientId"> & { objectId?: string; clientId?: string };

interface Entry extends Principal {
  /** Milliseconds since the epoch. */
  addedAt: number;
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
   * Seconds until a principal added from now on is visible to PostgreSQL. Entra replicates a new principal with a delay, during
   * which `pgaadauth_create_principal` does not find it.
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

  /**
   * Adds a principal. A service principal gets a client id where none is given.
   * @throws Error when an id is no GUID or is taken already, or a user has no user principal name
   */
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
    const now = Date.now();
    this.#state.value.principals.push({ ...added, addedAt: now, visibleAt: now + this.replicationDelay * 1000 });
    this.#changed();
    return structuredClone(added);
  }

  /** Removes a principal, also from the groups that it is a member of. An unknown object id is no error. */
  remove(objectId: string): void {
    const { principals } = this.#state.value;
    const at = principals.findIndex((entry) => entry.objectId === objectId.toLowerCase());
    if (at < 0) return;
    principals.splice(at, 1);
    for (const entry of principals) {
      if (entry.members) entry.members = entry.members.filter((member) => member !== objectId.toLowerCase());
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

  /** Every principal, oldest first, with the moment (milliseconds since the epoch) from which PostgreSQL sees it. */
  list(): (Principal & { visibleAt: number })[] {
    return this.#state.value.principals.map(({ addedAt: _, ...entry }) => structuredClone(entry));
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

  /** Whether the replication delay of this principal is over. False for one that is not in the directory. */
  isReplicated(objectId: string): boolean {
    const entry = this.#state.value.principals.find((candidate) => candidate.objectId === objectId.toLowerCase());
    return entry !== undefined && entry.visibleAt <= Date.now();
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
    return this.#state.value.principals.filter(matches).map(({ addedAt: _, visibleAt: __, ...entry }) => {
      return structuredClone(entry);
    });
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
