import type { AzureCli } from "./azureCli.ts";
import type { Identity } from "./identity.ts";
import type { Settings } from "./settings.ts";

/** One thing that is to be there, as it is wanted. */
export interface Step {
  /** What it is, in a few words. */
  title: string;
  /** What is said when nothing is to be changed. @default "there" */
  fine?: string;
  /** Looks, changes nothing. */
  look(): Promise<Look>;
}

/** What a look found. */
export interface Look {
  /** What makes it right; none: it is right. */
  changes: Change[];
  /** What is not as the bootstrap would make it and is left alone; one line each. */
  remarks?: string[];
}

/** One command that changes something. */
export interface Change {
  /** In a few words: `to be made`, or what differs. */
  what: string;
  /** The words after `az`. */
  command: string[];
  /** Takes the command's answer, for later steps. */
  learn?: (answer: unknown) => void;
}

/** What every step works with. */
export interface Context {
  az: AzureCli;
  settings: Settings;
  facts: Facts;
}

/** An identity's two ids. */
export interface IdentityIds {
  /** Object id, which roles and memberships are given to. */
  principalId: string;
  /** Application id, which a pipeline logs in with. */
  clientId: string;
}

/** What the steps have learned so far. In a plan, what is still to be made stays unknown. */
export class Facts {
  /** What is there, by ARM id in lower case: below what is not there nothing has to be looked for. */
  readonly #there = new Set<string>();
  readonly identities = new Map<Identity, IdentityIds>();
  /** How the subject of GitHub's tokens begins. */
  subjectPrefix?: string;
  /** Object id of the database's admin group. */
  adminGroupId?: string;
  /** Id of the role that the bootstrap makes. */
  customRoleId?: string;
  /** Object id of whoever runs the bootstrap. */
  operatorId?: string;

  found(id: string): void {
    this.#there.add(id.toLowerCase());
  }

  isThere(id: string): boolean {
    return this.#there.has(id.toLowerCase());
  }

  /** @returns the id, or in a plan a placeholder that says whose */
  principalId(who: Identity | "operator"): string {
    const id = who === "operator" ? this.operatorId : this.identities.get(who)?.principalId;
    return id ?? `<principal id of ${who}>`;
  }
}

/** One thing below a group or another thing; looked for only where that is there. */
export function resourceStep<Found>(
  { az, facts }: Context,
  resource: {
    title: string;
    id: string;
    parent?: string;
    show: string[];
    create: string[];
    /** What makes what was found right. */
    differences?: (found: Found) => Look;
    /** Takes what was found or made. */
    learn?: (found: Found) => void;
  },
): Step {
  const learn = (found: unknown) => {
    facts.found(resource.id);
    resource.learn?.(found as Found);
  };
  return {
    title: resource.title,
    look: async () => {
      const lookable = resource.parent === undefined || facts.isThere(resource.parent);
      const found = lookable ? await az.show<Found>(resource.show) : undefined;
      if (found === undefined) return { changes: [{ what: "to be made", command: resource.create, learn }] };
      learn(found);
      return resource.differences?.(found) ?? { changes: [] };
    },
  };
}

/** What differs, as text; undefined: nothing. */
export function difference(
  pairs: readonly [name: string, found: unknown, isRight: boolean, wanted: unknown][],
): string | undefined {
  const wrong = pairs.filter(([, , isRight]) => !isRight);
  return wrong.length === 0
    ? undefined
    : wrong.map(([name, found, , wanted]) => `${name} is ${found ?? "not set"}, wanted ${wanted}`).join("; ");
}
