import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import type { PrincipalOutputs } from "../../components/principal/reading.ts";

/** The six functions that the engine calls. */
export interface Lifecycle<Inputs = PrincipalInputs, Outputs = PrincipalOutputs> {
  check(olds: Inputs, news: Inputs): Promise<{ inputs: Inputs; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Outputs,
    news: Inputs,
  ): Promise<{ changes?: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Inputs): Promise<{ id: string; outs?: unknown }>;
  read(id: string, props: Outputs): Promise<{ id?: string | undefined; props?: unknown; inputs?: unknown }>;
  update(id: string, olds: Outputs, news: Inputs): Promise<{ outs?: unknown }>;
  remove(id: string, props: Outputs): Promise<void>;
}

/** What the engine keeps of a resource. */
export interface StoredResource<Inputs = PrincipalInputs, Outputs = PrincipalOutputs> {
  id: string;
  /** What the program said last. */
  inputs: Inputs;
  outputs: Outputs;
  /** Set by an operation that committed and then failed; the next `up` updates the resource even where nothing differs. */
  initErrors: boolean;
}

/** What an `up` would do. */
export type Step = "same" | "create" | "update" | "replace";

/**
 * The engine and Node.js's host of dynamic providers, as far as they concern one resource: what is stored when, what a thrown error
 * with an id means, and that only plain values pass. It makes a fault cheap to try; rows about the engine itself use the real one.
 */
export class Stack<Inputs extends object = PrincipalInputs, Outputs extends object = PrincipalOutputs> {
  readonly lifecycle: Lifecycle<Inputs, Outputs>;
  state: StoredResource<Inputs, Outputs> | undefined;
  /** Resources that another has replaced and that are still to be deleted: every `up` tries it again. */
  pendingDeletes: StoredResource<Inputs, Outputs>[] = [];
  /** What was deleted for a replacement that could not be made then: the next `up` makes it. */
  #replaced: StoredResource<Inputs, Outputs> | undefined;

  constructor(lifecycle: Lifecycle<Inputs, Outputs>, state?: StoredResource<Inputs, Outputs>) {
    this.lifecycle = lifecycle;
    this.state = state && plain(state);
  }

  /** What the next `up` would do. Connects to nothing. @throws CheckFailed for bad inputs */
  async preview(inputs: Inputs): Promise<Step> {
    return (await this.#plan(inputs)).step;
  }

  /** @throws CheckFailed for bad inputs, or what the lifecycle throws; the state is then what the engine would keep */
  async up(inputs: Inputs, { refresh = false } = {}): Promise<Step> {
    if (refresh) {
      await this.refresh();
    }
    const { step, checked, deleteFirst } = await this.#plan(inputs);
    const old = this.state;
    if (step === "same" && old) {
      this.state = { ...old, inputs: checked };
    } else if (step === "update" && old) {
      await this.#update(old, checked);
    } else {
      if (old && deleteFirst) {
        await this.#delete();
        this.#replaced = old;
      }
      try {
        await this.#create(checked);
      } finally {
        // Also when it was made and failed afterwards.
        if (old && !deleteFirst && this.state !== old) {
          this.pendingDeletes.push(old);
        }
      }
    }
    await this.#deletePending();
    return step;
  }

  /** Looks at what is there. Answers whether it differs from the state. @throws what the lifecycle throws */
  async refresh(): Promise<boolean> {
    const old = this.state;
    if (!old) {
      return false;
    }
    const { id, props } = await this.lifecycle.read(old.id, plain(old.outputs));
    if (id === undefined) {
      this.state = undefined;
      return true;
    }
    // A read that succeeds takes the mark of a failed operation away: what was found counts from here on.
    this.state = { ...old, outputs: plain(props) as Outputs, initErrors: false };
    await this.lifecycle.diff(id, plain(this.state.outputs), plain(old.inputs));
    return JSON.stringify(sorted(this.state.outputs)) !== JSON.stringify(sorted(old.outputs));
  }

  /** @throws what the lifecycle throws; the resource then stays in the state */
  async destroy(): Promise<void> {
    await this.#deletePending();
    await this.#delete();
    this.#replaced = undefined;
  }

  async #plan(inputs: Inputs): Promise<{ step: Step; checked: Inputs; deleteFirst?: boolean }> {
    const old = this.state ?? this.#replaced;
    const checked = await this.#check(inputs, old?.inputs);
    if (!old) {
      return { step: "create", checked };
    }
    const {
      changes,
      replaces = [],
      deleteBeforeReplace,
    } = await this.lifecycle.diff(old.id, plain(old.outputs), plain(checked));
    if (replaces.length > 0 || !this.state) {
      return { step: "replace", checked: await this.#check(inputs), deleteFirst: deleteBeforeReplace ?? false };
    }
    return { step: changes || old.initErrors ? "update" : "same", checked };
  }

  async #check(inputs: Inputs, olds: Partial<Inputs> = {}): Promise<Inputs> {
    const { inputs: checked, failures } = await this.lifecycle.check(plain(olds) as Inputs, plain(inputs));
    if (failures.length > 0) {
      throw new CheckFailed(failures);
    }
    return plain(checked);
  }

  async #create(inputs: Inputs): Promise<void> {
    await this.#committed(inputs, () => this.lifecycle.create(plain(inputs)));
  }

  async #update(old: StoredResource<Inputs, Outputs>, inputs: Inputs): Promise<void> {
    const work = async () => ({
      ...(await this.lifecycle.update(old.id, plain(old.outputs), plain(inputs))),
      id: old.id,
    });
    await this.#committed(inputs, work, old);
  }

  /** Keeps what an operation brought about. After an error with an id the inputs of before stay, and the outputs are the error's. */
  async #committed(
    inputs: Inputs,
    work: () => Promise<{ id: string; outs?: unknown }>,
    old?: StoredResource<Inputs, Outputs>,
  ): Promise<void> {
    const keep = (id: string, outputs: unknown, failed: boolean) => {
      this.#replaced = undefined;
      const counts = failed && old ? old.inputs : inputs;
      this.state = { id, inputs: counts, outputs: plain(outputs) as Outputs, initErrors: failed };
    };
    try {
      const { id, outs } = await work();
      keep(id, outs, false);
    } catch (error) {
      const { id, properties = {} } = error as { id?: string; properties?: object };
      if (id) {
        keep(id, properties, true);
      }
      throw error;
    }
  }

  async #delete(): Promise<void> {
    if (this.state) {
      await this.lifecycle.remove(this.state.id, plain(this.state.outputs));
      this.state = undefined;
    }
  }

  async #deletePending(): Promise<void> {
    for (let next = this.pendingDeletes[0]; next; next = this.pendingDeletes[0]) {
      await this.lifecycle.remove(next.id, plain(next.outputs));
      this.pendingDeletes.shift();
    }
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
