import assert from "node:assert/strict";
import fc from "fast-check";
import type { AccessInputs } from "../../components/access/accessInputs.ts";
import { FaultContext } from "./context.ts";
import { describe, type Fault, fault, holds, inject } from "./model.ts";
import type { Measure } from "./report.ts";
import { PEOPLE, type Person, SchemaFixture, type SchemaStack } from "./schemaFixture.ts";

/** The expected situation. */
interface Model {
  /** What the program says now. */
  inputs: AccessInputs;
  inState: boolean;
  /** Whether nothing was changed outside Pulumi, and nothing in the program, since the last `up`. */
  clean: boolean;
  /** Rows by name of the schemas that `retain` kept. */
  kept: Map<string, number>;
  /** How many names the schema has had. */
  names: number;
}

interface Real {
  fixture: SchemaFixture;
  stack: SchemaStack;
}

type Command = fc.AsyncCommand<Model, Real>;

/** Changes outside Pulumi. `$schema` and `$writer` stand for what the schema and its roles are called by then, `$api` for a member. */
const DRIFT = [
  "REVOKE SELECT ON ALL TABLES IN SCHEMA $schema FROM $reader",
  "GRANT UPDATE ON ALL TABLES IN SCHEMA $schema TO eve",
  "ALTER DEFAULT PRIVILEGES FOR ROLE $migrator IN SCHEMA $schema REVOKE SELECT ON TABLES FROM $reader",
  "GRANT $writer TO eve GRANTED BY admin",
  "REVOKE $writer FROM $api CASCADE",
  "REVOKE $reader FROM $writer CASCADE",
  "GRANT $owner TO $reports GRANTED BY admin",
  "ALTER ROLE $jobs IN DATABASE $database RESET ALL",
  "ALTER ROLE $jobs IN DATABASE $database RESET search_path",
  "ALTER ROLE $writer RENAME TO $database_elsewhere",
  "ALTER ROLE $writer LOGIN",
  "ALTER SCHEMA $schema RENAME TO elsewhere",
  "ALTER SCHEMA $schema OWNER TO admin",
  "COMMENT ON SCHEMA $schema IS NULL",
  "COMMENT ON ROLE $reader IS 'somebody was here'",
  "DROP OWNED BY $reader; DROP ROLE $reader",
];

class Drift implements Command {
  readonly statement: string;
  constructor(statement: string) {
    this.statement = statement;
  }
  check({ inState }: Readonly<Model>): boolean {
    return inState;
  }
  async run(model: Model, real: Real): Promise<void> {
    const names = await currentNames(real);
    const filled = this.statement.replaceAll(/\$([a-z]+)/g, (_, name: string) => names[name] ?? "nobody");
    // What an earlier drift has made impossible is none.
    if (!filled.includes("nobody")) await real.fixture.service(filled).catch(() => {});
    model.clean = false;
  }
  toString(): string {
    return `drift: ${this.statement}`;
  }
}

/** What the schema, its roles, its database and the members are called now. */
async function currentNames({ fixture, stack }: Real): Promise<Record<string, string>> {
  const { schemaOid, roleOids = {} } = stack.state?.outputs ?? {};
  const rows = await fixture.service(
    `SELECT 'schema' AS key, nspname::text AS name FROM pg_namespace WHERE oid = ${Number(schemaOid)}
     UNION ALL SELECT key, rolname FROM jsonb_each_text('${JSON.stringify(roleOids)}') JOIN pg_roles r ON r.oid::text = value`,
  );
  const people = Object.fromEntries(PEOPLE.map((person) => [person, fixture.role(person)]));
  return { database: fixture.database, ...people, ...Object.fromEntries(rows.map(({ key, name }) => [key, name])) };
}

class Write implements Command {
  check({ inState }: Readonly<Model>): boolean {
    return inState;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { fixture, stack } = real;
    const { schema, migrator } = await currentNames(real);
    const create = `CREATE TABLE IF NOT EXISTS ${schema}.item (n int)`;
    // After drift the migrator may have lost its rights. A right on all tables does not hold for one that is created later.
    const asMigrator = model.clean ? `SET ROLE ${migrator}; ${create}; RESET ROLE` : create;
    if (fixture.rows === undefined && Object.keys(stack.state?.outputs.grants ?? {}).length > 0) model.clean = false;
    await fixture.service(
      `${asMigrator}; INSERT INTO ${schema}.item VALUES (1); ALTER TABLE ${schema}.item OWNER TO ${migrator}`,
    );
    fixture.rows = (fixture.rows ?? 0) + 1;
  }
  toString(): string {
    return "insert a row";
  }
}

/** A change of the configuration; nothing happens until the next `up`. */
type Change =
  | { schema: "another" }
  | { person: Person; profile?: string }
  | { onDelete: string }
  | { grantTo?: Person };

class Edit implements Command {
  readonly change: Change;
  constructor(change: Change) {
    this.change = change;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, { fixture }: Real): Promise<void> {
    const { change } = this;
    const { schema, roles, members, onDelete, grants } = model.inputs;
    const news: Partial<AccessInputs> = { schema, members, onDelete, grants };
    if ("schema" in change) {
      model.names += 1;
      news.schema = `orders_${model.names}`;
    } else if ("onDelete" in change) {
      news.onDelete = change.onDelete;
    } else if ("person" in change) {
      const { [fixture.role(change.person)]: _, ...others } = members;
      news.members = change.profile ? { ...others, ...fixture.members({ [change.person]: change.profile }) } : others;
    } else {
      news.grants = change.grantTo ? { [fixture.role(change.grantTo)]: { table: ["UPDATE"] } } : {};
    }
    model.inputs = fixture.inputs(news);
    model.clean &&= roles.owner === model.inputs.roles.owner;
  }
  toString(): string {
    return `edit: ${JSON.stringify(this.change)}`;
  }
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
  async run(model: Model, real: Real): Promise<void> {
    const { fixture, stack } = real;
    inject(fixture.context, this.fault);
    if (!model.inState) fixture.rows = model.kept.get(model.inputs.schema);
    const step = await up(model, real, this.refresh);
    fixture.context.cutter.reset();
    model.inState = true;
    if (!this.refresh && step === "same") return;
    model.kept.delete(model.inputs.schema);
    model.clean = true;
    await fixture.matches(model.inputs);
    assert.equal(await stack.preview(model.inputs), "same");
  }
  toString(): string {
    return `up${this.refresh ? " --refresh" : ""}${describe(this.fault)}`;
  }
}

/** An `up` that rights of others stop says which statements take them away; after these it succeeds. */
async function up({ inputs }: Model, { fixture, stack }: Real, refresh: boolean): Promise<string> {
  try {
    return await stack.up(inputs, { refresh });
  } catch (error) {
    const [, statements] =
      /as administrator in this database, then this again: (.*)/.exec((error as Error).message) ?? [];
    if (!statements) throw error;
    await fixture.context.sql(statements, fixture.database);
    return await stack.up(inputs, { refresh });
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
  async run({ clean }: Model, { fixture, stack }: Real): Promise<void> {
    inject(fixture.context, this.fault);
    const differs = await stack.refresh();
    fixture.context.cutter.reset();
    assert.ok(stack.state, "the schema is there");
    assert.ok(!clean || !differs, "a refresh right after an up finds something else");
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
  async run(model: Model, { fixture, stack }: Real): Promise<void> {
    const { onDelete, schema } = stack.state?.outputs ?? assert.fail("no state");
    // Under which name a schema is kept that was renamed meanwhile is not this model's to say.
    if (onDelete === "retain" && !model.clean) return;
    inject(fixture.context, this.fault);
    if (onDelete === "refuse" && fixture.rows !== undefined) {
      assert.match(await fixture.context.failure(stack.destroy()), /EP-ACCESS-05/);
      assert.ok(stack.state);
    } else {
      await stack.destroy();
      model.inState = false;
      if (onDelete === "retain" && fixture.rows !== undefined) model.kept.set(schema, fixture.rows);
      fixture.rows = undefined;
    }
    fixture.context.cutter.reset();
  }
  toString(): string {
    return `destroy${describe(this.fault)}`;
  }
}

class LoseState implements Command {
  check({ inState, clean }: Readonly<Model>): boolean {
    return inState && clean;
  }
  async run(model: Model, { fixture, stack }: Real): Promise<void> {
    if (fixture.rows !== undefined) model.kept.set(model.inputs.schema, fixture.rows);
    stack.state = undefined;
    model.inState = false;
  }
  toString(): string {
    return "the state is lost";
  }
}

const person = fc.constantFrom(...PEOPLE);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant({ schema: "another" } as const),
  fc.record({ person, profile: fc.constantFrom("reader", "writer", "migrator", "owner") }),
  fc.record({ person }),
  fc.constantFrom("refuse", "drop", "retain").map((onDelete) => ({ onDelete })),
  fc.option(person).map((grantTo) => (grantTo ? { grantTo } : { grantTo: undefined })) as fc.Arbitrary<Change>,
);
const history = fc.commands(
  [
    fc.tuple(fc.boolean(), fault).map(([refresh, at]) => new Up(refresh, at)),
    fc.tuple(fc.boolean(), fault).map(([refresh, at]) => new Up(refresh, at)),
    fault.map((at) => new Refresh(at)),
    fault.map((at) => new Destroy(at)),
    fc.constantFrom(...DRIFT).map((statement) => new Drift(statement)),
    change.map((one) => new Edit(one)),
    change.map((one) => new Edit(one)),
    fc.constant(new Write()),
    fc.constant(new LoseState()),
  ],
  { maxCommands: 16, size: "max" },
);

/**
 * Runs random histories of a schema: changes of its configuration, drift, lost connections, a lost state. No row is lost, and one more `up`
 * always ends as declared.
 */
export async function schemaHistories(context: FaultContext, count: number, seed: number) {
  const done = { histories: 0, commands: 0 };
  const property = fc.asyncProperty(history, async (commands) => {
    await context.reset();
    await context.sql("CREATE ROLE eve NOLOGIN");
    const fixture = await SchemaFixture.open(context);
    const real = { fixture, stack: fixture.stack() };
    const model: Model = { inputs: fixture.inputs(), inState: false, clean: true, kept: new Map(), names: 0 };
    const end = async () => {
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await new Up(true, undefined).run(model, real);
      await fixture.converges(real.stack, model.inputs);
      for (const [schema, rows] of model.kept) {
        assert.deepEqual(await fixture.service(`SELECT count(*)::int AS n FROM ${schema}.item`), [{ n: rows }]);
      }
    };
    await end().catch((error: Error) => {
      throw error.stack ? error : new Error(error.message);
    });
    done.histories += 1;
    done.commands += [...commands].length;
  });
  await holds(property, { count, seed, name: "schema-history" });
  return done;
}

/** The whole of it, as a measure of `make faults`. */
export async function measureSchemaModel(seed: number): Promise<Omit<Measure, "name">> {
  const context = await FaultContext.open();
  try {
    const { histories: tried, commands } = await schemaHistories(context, 300, seed);
    return {
      what: "random histories of a schema: names, members, profiles, grants and onDelete change, with drift, lost connections and lost states",
      tried,
      asTheyShould: tried,
      notes: [`${commands} commands`, `seed ${seed}`, "0 rows lost, 0 dead ends"],
    };
  } finally {
    await context.close();
  }
}
