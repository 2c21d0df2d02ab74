import assert from "node:assert/strict";
import type { AccessInputs, AccessState, Member } from "../../components/access/accessInputs.ts";
import { PROFILES, type Profile, RIGHTS } from "../../components/access/profiles.ts";
import * as runtime from "../../components/access/schemaAccessRuntime.ts";
import { identifier } from "../../components/postgres/quoting.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import type { FaultContext } from "./context.ts";
import { schemaControl } from "./schemaControl.ts";
import { type Lifecycle, Stack } from "./stack.ts";

/** A stack that holds one schema. */
export type SchemaStack = Stack<AccessInputs, AccessState>;

/** Three identities that can be members of a schema. */
export const PEOPLE = ["jobs", "api", "reports"] as const;
export type Person = (typeof PEOPLE)[number];

type People = Record<Person, { principal: Principal; oid: string }>;

/** What a member may do with a table and its schema: read, write, create. */
const MAY: Record<string, string> = { reader: "r", writer: "rw", migrator: "rwc", owner: "rwc" };

/** A database of its own with three logins, in which stacks make a schema; rows are counted past every fault. */
export class SchemaFixture {
  readonly context: FaultContext;
  readonly database: string;
  readonly lifecycle: Lifecycle<AccessInputs, AccessState>;
  /** Rows that the table `item` must have. */
  rows: number | undefined;
  readonly #people: People;

  private constructor(context: FaultContext, database: string, people: People) {
    this.context = context;
    this.database = database;
    this.#people = people;
    this.lifecycle = context.lifecycleName === "control" ? schemaControl : runtime;
  }

  static async open(context: FaultContext): Promise<SchemaFixture> {
    const database = await context.database();
    const people: Partial<People> = {};
    for (const person of PEOPLE) {
      const principal = context.identity(`${person}_${database}`);
      const { displayName: name, objectId } = principal;
      await context.sql(
        `SELECT pgaadauth_create_principal_with_oid('${name}', '${objectId}', 'service', false, false)`,
      );
      people[person] = { principal, oid: (await context.role(name))?.oid ?? "" };
    }
    return new SchemaFixture(context, database, people as People);
  }

  /** The name of a person's role. */
  role(person: Person): string {
    return this.#people[person].principal.displayName;
  }

  members(profiles: Partial<Record<Person, string>>): Record<string, Member> {
    return Object.fromEntries(
      Object.entries(profiles).map(([person, profile]) => {
        return [this.role(person as Person), { profile, oid: this.#people[person as Person].oid }];
      }),
    );
  }

  inputs(changes: Partial<AccessInputs> = {}): AccessInputs {
    const schema = changes.schema ?? "orders";
    return {
      host: "localhost",
      port: this.context.cutter.port,
      database: this.database,
      adminUser: "admin",
      caCert: this.context.server.authority.certificatePem,
      deadlineSeconds: 30,
      schema,
      roles: byProfile((profile) => `${this.database}_${schema}_${profile}`),
      rights: byProfile((profile) =>
        Object.fromEntries(RIGHTS[profile].map(({ objectType, privileges }) => [objectType, [...privileges]])),
      ),
      grants: {},
      members: this.members({ jobs: "migrator", api: "writer" }),
      onDelete: "refuse",
      databaseStays: true,
      owner: `urn:pulumi:dev::faults::${this.database}`,
      ...changes,
    };
  }

  stack(): SchemaStack {
    return new Stack(this.lifecycle);
  }

  /** A stack that holds the schema, with a table of two rows that its migrator created; the cutter has forgotten it. */
  async made(inputs = this.inputs()): Promise<SchemaStack> {
    const stack = this.stack();
    await stack.up(inputs);
    await this.as("jobs", "CREATE TABLE item (n int); INSERT INTO item VALUES (1), (2)");
    this.rows = 2;
    this.context.cutter.reset();
    return stack;
  }

  /** Runs statements in a session of a person, which begins with the login settings of the role. */
  as(person: Person, sql: string): Promise<Record<string, unknown>[]> {
    return this.context.server.query(this.role(person), this.#people[person].principal, sql, this.database);
  }

  service(sql: string): Promise<Record<string, unknown>[]> {
    return this.context.service(sql, this.database);
  }

  /** The next `up` makes the schema as declared without a fault, and the one after has nothing to do. */
  async converges(stack: SchemaStack, inputs: AccessInputs): Promise<void> {
    this.context.cutter.reset();
    await stack.up(inputs, { refresh: true });
    await this.matches(inputs);
    assert.equal(await stack.preview(inputs), "same");
    assert.equal(await stack.refresh(), false, "a refresh right after finds something else");
    this.context.holdsNoSecret(JSON.stringify(stack.state) + this.context.output.join("\n"));
  }

  /** No row is lost, and each person may do what the profile says, from the login on. */
  async matches(inputs: AccessInputs): Promise<void> {
    const item = this.rows === undefined ? undefined : `${quoted(inputs.schema)}.item`;
    const found: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const person of PEOPLE) {
      const name = this.role(person);
      const { profile = "" } = inputs.members[name] ?? {};
      wanted[person] = [...(MAY[profile] ?? "")].filter((may) => item || may === "c").join("");
      const may = (letter: string, what: string) => `CASE WHEN ${what} THEN '${letter}' END`;
      const [row] = await this.service(
        `SELECT concat(${[
          ...(item ? [may("r", `has_table_privilege('${name}', '${item}', 'SELECT')`)] : []),
          ...(item ? [may("w", `has_table_privilege('${name}', '${item}', 'INSERT')`)] : []),
          may("c", `has_schema_privilege('${name}', to_regnamespace('${quoted(inputs.schema)}'), 'CREATE')`),
        ].join(", ")}) AS may`,
      );
      found[person] = String(row?.may);
      if (item && profile !== "") {
        assert.deepEqual(await this.as(person, "SELECT count(*)::int AS n FROM item"), [{ n: this.rows }], person);
      }
    }
    assert.deepEqual(found, wanted);
    await this.keepsRows(inputs.schema);
  }

  async keepsRows(schema: string): Promise<void> {
    if (this.rows === undefined) return;
    assert.deepEqual(await this.service(`SELECT count(*)::int AS n FROM ${identifier(schema)}.item`), [
      { n: this.rows },
    ]);
  }

  /** Neither schema, role, membership nor login setting is left. */
  async isGone({ schema }: AccessInputs): Promise<void> {
    const roles = (await this.context.roles()).filter((name) => name.startsWith(this.database));
    const [left] = await this.service(
      `SELECT to_regnamespace('${quoted(schema)}')::text AS schema, (SELECT count(*)::int FROM pg_db_role_setting s
         JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = '${this.database}') AS settings`,
    );
    assert.deepEqual({ roles, ...left }, { roles: [], schema: null, settings: 0 });
  }
}

function byProfile<Value>(of: (profile: Profile) => Value): Record<Profile, Value> {
  return Object.fromEntries(PROFILES.map((profile) => [profile, of(profile)])) as Record<Profile, Value>;
}

/** A quoted name within a string of a statement. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""').replaceAll("'", "''")}"`;
}
