import assert from "node:assert/strict";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import type { PrincipalOutputs } from "../../components/principal/runtime.ts";

/** The six functions that the engine calls. */
export interface Lifecycle {
  check(
    olds: PrincipalInputs,
    news: PrincipalInputs,
  ): Promise<{ inputs: PrincipalInputs; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: PrincipalOutputs,
    news: PrincipalInputs,
  ): Promise<{ changes?: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: PrincipalInputs): Promise<{ id: string; outs?: unknown }>;
  read(id: string, props: PrincipalOutputs): Promise<{ id?: string | undefined; props?: unknown; inputs?: unknown }>;
  update(id: string, olds: PrincipalOutputs, news: PrincipalInputs): Promise<{ outs?: unknown }>;
  remove(id: string, props: PrincipalOutputs): Promise<void>;
}

/** What the engine keeps of a resource. */
export interface StoredResource {
  id: string;
  outputs: PrincipalOutputs;
  /** Set by an operation that committed and then failed; the next `up` updates the resource even where nothing differs. */
  initErrors: boolean;
}

/** What an `up` would do. */
export type Step = "same" | "create" | "update" | "replace";

/**
 * The engine and Node.js's host of dynamic providers, as far as they concern one resource: what is stored when, what a thrown error
 * with an id means, and that only plain values pass. It makes a fault cheap to try; rows about the engine itself use the real one.
 */
export class Stack {
  readonly lifecycle: Lifecycle;
  state: StoredResource | undefined;

  constructor(lifecycle: Lifecycle, state?: StoredResource) {
    this.lifecycle = lifecycle;
    this.state = state && plain(state);
  }

  /** What the next `up` would do. Connects to nothing. @throws CheckFailed for bad inputs */
  async preview(inputs: PrincipalInputs): Promise<Step> {
    const checked = await this.#check(inputs);
    if (!this.state) {
      return "create";
    }
    const { changes, replaces = [] } = await this.#diff(this.state, checked);
    if (replaces.length > 0) {
      return "replace";
    }
    return changes || this.state.initErrors ? "update" : "same";
  }

  /** @throws CheckFailed for bad inputs, or what the lifecycle throws; the state is then what the engine would keep */
  async up(inputs: PrincipalInputs, { refresh = false } = {}): Promise<Step> {
    if (refresh) {
      await this.refresh();
    }
    const step = await this.preview(inputs);
    const checked = await this.#check(inputs);
    const old = this.state;
    if (step === "create") {
      await this.#create(checked);
    } else if (step === "update" && old) {
      await this.#committed(old.id, async () => {
        const { outs } = await this.lifecycle.update(old.id, plain(old.outputs), plain(checked));
        return { id: old.id, outs };
      });
    } else if (step === "replace" && old) {
      const { deleteBeforeReplace } = await this.#diff(old, checked);
      if (deleteBeforeReplace) {
        await this.destroy();
        await this.#create(checked);
      } else {
        await this.#create(checked);
        await this.lifecycle.remove(old.id, plain(old.outputs));
      }
    }
    return step;
  }

  /** Looks at what is there. Answers whether it differs from the state. @throws what the lifecycle throws */
  async refresh(): Promise<boolean> {
    if (!this.state) {
      return false;
    }
    const before = JSON.stringify(sorted(this.state.outputs));
    const { id, props } = await this.lifecycle.read(this.state.id, plain(this.state.outputs));
    if (id === undefined) {
      this.state = undefined;
      return true;
    }
    this.state = { ...this.state, outputs: plain(props) as PrincipalOutputs };
    return JSON.stringify(sorted(this.state.outputs)) !== before;
  }

  /** @throws what the lifecycle throws; the resource then stays in the state */
  async destroy(): Promise<void> {
    if (this.state) {
      await this.lifecycle.remove(this.state.id, plain(this.state.outputs));
      this.state = undefined;
    }
  }

  async #create(inputs: PrincipalInputs): Promise<void> {
    await this.#committed(undefined, () => this.lifecycle.create(plain(inputs)));
  }

  async #committed(id: string | undefined, work: () => Promise<{ id: string; outs?: unknown }>): Promise<void> {
    try {
      const result = await work();
      this.state = { id: result.id, outputs: plain(result.outs) as PrincipalOutputs, initErrors: false };
    } catch (error) {
      const partial = error as { id?: string; properties?: PrincipalOutputs };
      if (partial.id) {
        assert.ok(id === undefined || id === partial.id, "a resource changes its id only by replacement");
        this.state = { id: partial.id, outputs: plain(partial.properties ?? {}) as PrincipalOutputs, initErrors: true };
      }
      throw error;
    }
  }

  async #check(inputs: PrincipalInputs): Promise<PrincipalInputs> {
    const given = plain(inputs);
    const { inputs: checked, failures } = await this.lifecycle.check(this.state?.outputs ?? given, given);
    if (failures.length > 0) {
      throw new CheckFailed(failures);
    }
    return plain(checked);
  }

  async #diff(old: StoredResource, news: PrincipalInputs) {
    return await this.lifecycle.diff(old.id, plain(old.outputs), plain(news));
  }
}

/** What the engine says of inputs that `check` refuses. */
export class CheckFailed extends Error {
  readonly failures: { property: string; reason: string }[];

  constructor(failures: { property: string; reason: string }[]) {
    super(failures.map(({ property, reason }) => `property ${property}: ${reason}`).join("\n"));
    this.failures = failures;
    this.stack = "";
  }
}

function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([one], [other]) => one.localeCompare(other));
}
