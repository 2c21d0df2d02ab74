import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import { FaultContext } from "./context.ts";
import type { Direction } from "./protocolMessages.ts";
import type { Measure } from "./report.ts";
import type { Stack } from "./stack.ts";

/** The expected situation. Commands update it; it is compared with the catalogs. */
interface Model {
  /** What the program says now. */
  inputs: PrincipalInputs;
  /** Whether the stack has the role in its state. */
  inState: boolean;
  /** Whether the role is there, under whatever name. */
  exists: boolean;
  /** Whether it was bound to another identity outside Pulumi. */
  stolen: boolean;
  /** Whether it owns a table. */
  owns: boolean;
}

interface Real {
  context: FaultContext;
  stack: Stack;
  database: string;
}

type Command = fc.AsyncCommand<Model, Real>;

/** Changes to an existing role outside Pulumi. `$role` and `$id` stand for its name and the wanted object id. */
const DRIFT: Record<string, { statement: string; steals?: boolean; frees?: boolean; drops?: boolean }> = {
  "take LOGIN away": { statement: `ALTER ROLE "$role" NOLOGIN` },
  "make it an administrator": {
    statement: `SELECT pgaadauth_update_principal_with_oid('$role', '$id', 'service', true, false)`,
  },
  "give it CREATEROLE": { statement: `ALTER ROLE "$role" CREATEROLE` },
  "make it a member": { statement: `GRANT pg_monitor TO "$role" GRANTED BY azure_pg_admin` },
  "bind it to another identity": {
    statement: `SELECT pgaadauth_update_principal_with_oid('$role', '$other', 'service', false, false)`,
    steals: true,
  },
  "remove its label": {
    statement: `DELETE FROM pg_shseclabel WHERE objoid = '"$role"'::regrole AND provider = 'pgaadauth'`,
    frees: true,
  },
  "rename it": { statement: `ALTER ROLE "$role" RENAME TO "renamed-$fresh"` },
  "comment on it": { statement: `COMMENT ON ROLE "$role" IS 'somebody was here'` },
  "drop it": { statement: `DROP OWNED BY "$role"; DROP ROLE "$role"`, drops: true },
};

class Drift implements Command {
  readonly what: string;
  constructor(what: string) {
    this.what = what;
  }
  check({ exists, owns }: Readonly<Model>): boolean {
    return exists && !(owns && DRIFT[this.what]?.drops);
  }
  async run(model: Model, { context, stack }: Real): Promise<void> {
    const { statement = "", steals, frees, drops } = DRIFT[this.what] ?? {};
    const name = (await context.roles()).find((role) => role === model.inputs.roleName || role.startsWith("renamed"));
    const filled = statement
      .replaceAll("$role", name ?? "")
      .replaceAll("$id", (await context.boundTo(name ?? "")) ?? stack.state?.outputs.objectId ?? "")
      .replaceAll("$fresh", randomUUID())
      .replaceAll("$other", context.stranger.objectId);
    await context.service(filled);
    model.stolen = steals ?? (frees || drops ? false : model.stolen);
    model.exists &&= !drops;
  }
  toString(): string {
    return `drift: ${this.what}`;
  }
}

class OwnTable implements Command {
  check({ exists, owns }: Readonly<Model>): boolean {
    return exists && !owns;
  }
  async run(model: Model, { context, database }: Real): Promise<void> {
    const name = (await context.roles()).find((role) => role === model.inputs.roleName || role.startsWith("renamed"));
    await context.service(`CREATE TABLE owned (n int); ALTER TABLE owned OWNER TO "${name}"`, database);
    model.owns = true;
  }
  toString(): string {
    return "drift: it makes a table";
  }
}

/** A change of the program; nothing happens until the next up. */
class Edit implements Command {
  readonly what: "a new identity" | "canLogin" | "memberOf";
  constructor(what: "a new identity" | "canLogin" | "memberOf") {
    this.what = what;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, { context }: Real): Promise<void> {
    if (this.what === "a new identity") {
      const { objectId, clientId } = context.identity();
      model.inputs = { ...model.inputs, objectId, clientId };
    } else if (this.what === "canLogin") {
      model.inputs = { ...model.inputs, canLogin: !model.inputs.canLogin };
    } else {
      model.inputs = { ...model.inputs, memberOf: model.inputs.memberOf?.length ? [] : ["helpers"] };
    }
  }
  toString(): string {
    return `edit: ${this.what}`;
  }
}

/** Where the next operation's connection is reset; undefined for an operation without a fault. */
export type Fault = { direction: Direction; ordinal: number } | undefined;

export function inject({ cutter }: FaultContext, fault: Fault): void {
  cutter.reset();
  if (fault) {
    const matches = ({ direction, ordinal }: { direction: Direction; ordinal: number }) =>
      direction === fault.direction && ordinal === fault.ordinal;
    cutter.cuts = [{ matches, action: "reset" }];
  }
}

export function describe(fault: Fault): string {
  return fault ? `, reset at message ${fault.ordinal} ${fault.direction}` : "";
}

class Up implements Command {
  readonly refresh: boolean;
  readonly fault: Fault;
  constructor(refresh: boolean, fault: Fault) {
    this.refresh = refresh;
    this.fault = fault;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, { context, stack }: Real): Promise<void> {
    inject(context, this.fault);
    const step = await stack.up(model.inputs, { refresh: this.refresh });
    context.cutter.reset();
    model.inState = true;
    if (this.refresh || step !== "same") {
      // The update read the role, so it has repaired all drift.
      Object.assign(model, { exists: true, stolen: false });
      model.owns &&= step !== "create";
      await context.matchesInputs(stack, model.inputs);
      assert.equal(await stack.preview(model.inputs), "same");
    }
  }
  toString(): string {
    return `up${this.refresh ? " --refresh" : ""}${describe(this.fault)}`;
  }
}

class Refresh implements Command {
  readonly fault: Fault;
  constructor(fault: Fault) {
    this.fault = fault;
  }
  check({ inState }: Readonly<Model>): boolean {
    return inState;
  }
  async run(model: Model, { context, stack }: Real): Promise<void> {
    inject(context, this.fault);
    await stack.refresh();
    context.cutter.reset();
    model.inState = model.exists;
    assert.equal(stack.state !== undefined, model.exists, "the refresh does not see whether the role is there");
    const asSaid = await context.matchesInputs(stack, model.inputs).then(
      () => true,
      () => false,
    );
    assert.equal((await stack.preview(model.inputs)) === "same", asSaid, "the preview does not see what was changed");
  }
  toString(): string {
    return `refresh${describe(this.fault)}`;
  }
}

class Destroy implements Command {
  readonly fault: Fault;
  constructor(fault: Fault) {
    this.fault = fault;
  }
  check({ inState }: Readonly<Model>): boolean {
    return inState;
  }
  async run(model: Model, { context, stack }: Real): Promise<void> {
    const oid = stack.state?.outputs.roleOid ?? "";
    inject(context, this.fault);
    if (model.exists && (model.stolen || model.owns)) {
      const message = await context.failure(stack.destroy());
      const owns = /1 object\(s\): table owned/;
      assert.match(message, model.stolen ? /EP-ROLE-12/ : owns);
      assert.ok(stack.state);
    } else {
      await stack.destroy();
      Object.assign(model, { inState: false, exists: false, stolen: false });
      await context.isGone(model.inputs.roleName, oid);
    }
    context.cutter.reset();
  }
  toString(): string {
    return `destroy${describe(this.fault)}`;
  }
}

export const fault = fc.option(
  fc.record({ direction: fc.constantFrom<Direction>("toServer", "toClient"), ordinal: fc.nat({ max: 150 }) }),
  { nil: undefined, freq: 2 },
);

const history = fc.commands(
  [
    fc.tuple(fc.boolean(), fault).map(([refresh, at]) => new Up(refresh, at)),
    fc.tuple(fc.boolean(), fault).map(([refresh, at]) => new Up(refresh, at)),
    fault.map((at) => new Refresh(at)),
    fault.map((at) => new Destroy(at)),
    fc.constantFrom(...Object.keys(DRIFT)).map((what) => new Drift(what)),
    fc.constantFrom(...Object.keys(DRIFT)).map((what) => new Drift(what)),
    fc.constantFrom("a new identity" as const, "canLogin" as const, "memberOf" as const).map((what) => new Edit(what)),
    fc.constant(new OwnTable()),
  ],
  { maxCommands: 20, size: "max" },
);

/**
 * Runs random histories of ups, refreshes, destroys, edits of the program, drift and lost connections, and compares the server with a
 * model. fast-check shortens a history that fails; it is written to .faults/.
 *
 * @throws Error of fast-check with the seed, the path and the shortest history
 */
export async function histories(
  context: FaultContext,
  count: number,
  seed: number,
): Promise<{ histories: number; commands: number }> {
  const done = { histories: 0, commands: 0 };
  const property = fc.asyncProperty(history, async (commands) => {
    await context.reset();
    await context.sql("CREATE ROLE helpers NOLOGIN");
    const inputs = context.inputs(context.identity(), { memberOf: [], bindBy: "objectId" });
    const real = { context, stack: context.stack(), database: await context.database() };
    const model: Model = { inputs, inState: false, exists: false, stolen: false, owns: false };
    const end = async () => {
      await fc.asyncModelRun(() => ({ model, real }), commands);
      // After any history, one more up with a refresh makes the role as the program says.
      await context.converges(real.stack, model.inputs);
    };
    await end().catch((error: Error) => {
      // An explained error has no stack, and fast-check prints nothing else.
      throw error.stack ? error : new Error(error.message);
    });
    assert.deepEqual(await context.roles(), [model.inputs.roleName, "helpers"].sort());
    done.histories += 1;
    done.commands += [...commands].length;
  });
  await holds(property, { count, seed, name: "history" });
  return done;
}

/** Tries a property. A counterexample is written to .faults/. @throws Error with the report of fast-check */
export async function holds<T>(
  property: fc.IAsyncProperty<T>,
  { count, seed, name }: { count: number; seed: number; name: string },
): Promise<void> {
  const details = await fc.check(property, { numRuns: count, seed, includeErrorInReport: true });
  if (!details.failed) return;
  const folder = join(import.meta.dirname, "../../.faults");
  mkdirSync(folder, { recursive: true });
  const report = await fc.defaultReportMessage(details);
  writeFileSync(join(folder, `${name}-${seed}.txt`), `${report}\n`);
  throw new Error(report ?? "a history failed");
}

/** The whole of it, as a measure of `make faults`. */
export async function measureModel(seed: number): Promise<Omit<Measure, "name">> {
  const context = await FaultContext.open();
  try {
    const { histories: tried, commands } = await histories(context, 300, seed);
    return {
      what: "random histories of ups, refreshes, destroys, edits, drift and lost connections, compared with a model",
      tried,
      asTheyShould: tried,
      notes: [`${commands} commands`, `seed ${seed}`],
    };
  } finally {
    await context.close();
  }
}
