import assert from "node:assert/strict";
import type { AccessInputs } from "../../../components/access/accessInputs.ts";
import type { HandOverInputs } from "../../../components/entraPostgresServer/administratorHandOverRuntime.ts";
import * as handOver from "../../../components/entraPostgresServer/administratorHandOverRuntime.ts";
import { identifier } from "../../../components/postgres/quoting.ts";
import { logInAs } from "../../harness/administratorLogin.ts";
import type { FaultContext } from "../context.ts";
import type { SeenMessage } from "../cutting.ts";
import type { Rows } from "../row.ts";
import { SchemaFixture } from "../schemaFixture.ts";
import { SCHEMA_SCENARIOS } from "../schemaScenarios.ts";
import { sweep } from "../sweep.ts";

export const rows: Rows = {
  K1: async (context) => {
    const results = await sweep(context, { scenarios: SCHEMA_SCENARIOS, fault: "reset", every: 53 });
    assert.deepEqual(
      results.flatMap(({ failures }) => failures),
      [],
    );
  },

  K2: async (context) => {
    // The control commits with each statement.
    const commits = context.lifecycleName === "control" ? /^(CREATE SCHEMA|ALTER ROLE|DROP SCHEMA)$/ : /^COMMIT$/;
    const isCommitted = ({ type, text = "" }: SeenMessage) => type === "CommandComplete" && commits.test(text);
    for (const prepare of Object.values(SCHEMA_SCENARIOS)) {
      const { run, verify } = await prepare(context);
      context.cutter.cuts = [{ matches: isCommitted, action: "reset" }];
      await run();
      assert.ok(context.cutter.connections > 1, "nothing was cut");
      await verify();
    }
    const fixture = await SchemaFixture.open(context);
    const [stack, inputs] = [fixture.stack(), fixture.inputs({ deadlineSeconds: 2 })];
    const onCut = () => {
      context.cutter.mode = "refuse";
    };
    context.cutter.cuts = [{ matches: isCommitted, action: "reset", onCut }];
    await context.failure(stack.up(inputs));
    assert.ok(stack.state?.initErrors, "the state does not hold the schema that may exist");
    await fixture.converges(stack, fixture.inputs());
    await stack.destroy();
    await fixture.isGone(inputs);
  },

  K3: async (context) => {
    const fixture = await SchemaFixture.open(context);
    const [before, after] = [fixture.inputs(), fixture.inputs({ schema: "invoices" })];
    const stack = await fixture.made(before);
    for (const [type, wanted] of [
      ["CommandComplete", before],
      ["Query", before],
      ["CommandComplete", after],
    ] as const) {
      const onCut = () => {
        context.cutter.mode = "refuse";
      };
      const matches = (message: SeenMessage) => message.type === type && message.text === "COMMIT";
      context.cutter.cuts = [{ matches, action: "reset", onCut }];
      await context.failure(stack.up({ ...after, deadlineSeconds: 2 }));
      context.cutter.reset();
      // Without a refresh: the state alone has to be enough, whichever name the schema has.
      await stack.up(wanted);
      await fixture.converges(stack, wanted);
      await fixture.converges(stack, before);
    }
  },

  K4: async (context) => {
    for (let round = 0; round < 5; round += 1) {
      const fixture = await SchemaFixture.open(context);
      const racers = ["one", "two"].map((name) => ({
        stack: fixture.stack(),
        inputs: fixture.inputs({ owner: `urn:pulumi:${name}::faults::orders` }),
      }));
      const results = await Promise.allSettled(racers.map(({ stack, inputs }) => stack.up(inputs)));
      const lost = results.findIndex(({ status }) => status === "rejected");
      const [winner, loser] = [racers[1 - lost], racers[lost]];
      assert.ok(winner && loser, "not exactly one won");
      const message = await context.failure(Promise.reject((results[lost] as PromiseRejectedResult).reason));
      assert.match(message, new RegExp(`${winner.inputs.owner} manages`));
      assert.equal(loser.stack.state, undefined);
      await fixture.converges(winner.stack, winner.inputs);
    }
  },

  K5: async (context) => {
    // Each statement is held open until the stack waits for it.
    const held: [statement: string, answer: string][] = [
      ["GRANT TEMPORARY ON DATABASE $database TO canary", "XX000"],
      ["CREATE ROLE $database_orders_writer", "23505"],
      ["ALTER ROLE $jobs IN DATABASE $database SET work_mem = '8MB'", "23505"],
    ];
    for (const [statement, answer] of held) {
      const fixture = await SchemaFixture.open(context);
      const [stack, inputs] = [fixture.stack(), fixture.inputs()];
      const sql = statement.replaceAll("$database", fixture.database).replaceAll("$jobs", fixture.role("jobs"));
      context.cutter.reset();
      await whileHeld(context, fixture, sql, () => stack.up(inputs));
      assert.ok(context.answered(answer), `${statement}: ${answer} was not met`);
      await fixture.converges(stack, inputs);
    }
  },

  K6: async (context) => {
    const fixture = await SchemaFixture.open(context);
    const inputs = fixture.inputs();
    const stack = await fixture.made(inputs);
    await fixture.service(
      `CREATE ROLE eve; CREATE TABLE orders.theirs (n int); ALTER TABLE orders.theirs OWNER TO eve;
       CREATE TABLE public.ours (n int); INSERT INTO public.ours VALUES (1);
       ALTER TABLE public.ours OWNER TO ${inputs.roles.migrator}`,
    );
    assert.match(await context.failure(stack.destroy()), /table orders\.theirs, table ours of/);
    const message = await context.failure(stack.up(inputs, { refresh: true }));
    assert.match(message, /here "eve"[\s\S]*on table orders\.theirs[\s\S]*EP-ACCESS-07/);
    await fixture.service("ALTER TABLE orders.theirs OWNER TO admin");
    await fixture.converges(stack, inputs);
    await fixture.service("CREATE VIEW public.view AS SELECT n FROM orders.theirs");
    await stack.up({ ...inputs, onDelete: "drop" });
    assert.match(await context.failure(stack.destroy()), /outside it: view view/);
    await fixture.keepsRows("orders");
    await fixture.service("DROP VIEW public.view");
    await stack.destroy();
    await fixture.isGone(inputs);
    assert.deepEqual(
      await fixture.service("SELECT tableowner::text, n FROM pg_tables, public.ours WHERE tablename = 'ours'"),
      [{ tableowner: "admin", n: 1 }],
    );
  },

  K7: async (context) => {
    const names = [
      `o'r"d; DROP TABLE canary; --`,
      "UPPER case",
      "größe",
      "%s $1 \\ ?",
      "select",
      "a.b, c",
      "$(reboot)`x`",
    ];
    for (const name of names) {
      const fixture = await SchemaFixture.open(context);
      await context.sql(`CREATE ROLE ${identifier(name)}; CREATE ROLE ${identifier(`${name} m`)} LOGIN`);
      const members = { ...fixture.members({ jobs: "migrator" }), [`${name} m`]: { profile: "reader" } };
      const more = { members, grants: { [name]: { table: ["UPDATE"] } } };
      const stack = await fixture.made(fixture.inputs({ ...more, schema: name }));
      await fixture.converges(stack, fixture.inputs({ ...more, schema: `${name}2` }));
      await fixture.converges(stack, fixture.inputs({ ...more, schema: name, onDelete: "drop" }));
      await stack.destroy();
      await fixture.isGone(fixture.inputs({ schema: name }));
      await context.reset();
    }
    const fixture = await SchemaFixture.open(context);
    for (const name of ["", "pg_x", "public", "a\0b", "a\u202eb", "x".repeat(64), " x"]) {
      assert.match(await context.failure(fixture.stack().up(fixture.inputs({ schema: name }))), /property schema: /);
    }
    assert.equal(context.cutter.connections, 0);
  },

  K8: async (context) => {
    const { admin, directory, server } = context.server;
    const ada = context.identity("ada");
    context.administrators.push(ada);
    const [name, type] = ["ada", "ServicePrincipal" as const];
    const { objectId } = ada;
    await server.addAdministrator({ principalName: name, objectId, principalType: type, tenantId: directory.tenantId });
    await server.behave({ removedAdministrators: "dropped" });
    const all = [
      { name, objectId, type },
      { name: "admin", objectId: admin.objectId, type },
    ];
    const fixture = await SchemaFixture.open(context);
    await context.service(`ALTER DATABASE ${fixture.database} OWNER TO azure_pg_admin`);
    const before = fixture.inputs({ adminUser: name, administrators: all.slice(0, 1) });
    const both = fixture.inputs({ adminUser: name, administrators: all });
    const alone = fixture.inputs({ administrators: all.slice(1) });
    const handOverFrom = (olds: AccessInputs, news: AccessInputs) => {
      const of = ({ administrators = [], ...inputs }: AccessInputs): HandOverInputs => {
        return { ...inputs, administrators, database: "postgres", serverId: context.serverId };
      };
      return context.lifecycleName === "control" ? undefined : handOver.update("id", of(olds), of(news));
    };
    logInAs(ada);
    const stack = await fixture.made(before);
    await handOverFrom(before, both);
    logInAs(admin);
    for (let ordinal = 5; ordinal < 60; ordinal += 9) {
      context.cutter.reset();
      context.cutter.cuts = [
        { matches: (one) => one.direction === "toClient" && one.ordinal === ordinal, action: "reset" },
      ];
      await handOverFrom(both, alone);
    }
    context.cutter.reset();
    // It goes while the stack changes the schema.
    const members = fixture.members({ api: "reader" });
    await Promise.all([server.removeAdministrator(objectId), stack.up({ ...alone, members })]);
    await fixture.converges(stack, { ...alone, onDelete: "drop" });
    await stack.destroy();
    await fixture.isGone(alone);
    await server.behave({ removedAdministrators: "kept" });
  },

  K9: async (context) => {
    const fixture = await SchemaFixture.open(context);
    const [first, second] = [
      fixture.inputs(),
      fixture.inputs({ schema: "invoices", members: fixture.members({ api: "owner" }) }),
    ];
    const stack = await fixture.made(first);
    stack.state = undefined;
    await fixture.converges(stack, first);
    const older = structuredClone(stack.state);
    await fixture.converges(stack, second);
    for (const inputs of [second, first]) {
      stack.state = structuredClone(older);
      await fixture.converges(stack, inputs);
    }
  },

  K10: async (context) => {
    const fixture = await SchemaFixture.open(context);
    const inputs = fixture.inputs();
    const stack = await fixture.made(inputs);
    const { reader, writer, migrator, owner } = inputs.roles;
    const lost = (role: string) =>
      `REASSIGN OWNED BY ${role} TO azure_pg_admin; DROP OWNED BY ${role}; DROP ROLE ${role}`;
    for (const statements of [
      lost(reader),
      `${lost(reader)}; ${lost(writer)}`,
      // The names of a time before a rename, and its members.
      `ALTER SCHEMA orders RENAME TO older; ALTER ROLE ${migrator} RENAME TO older_migrator; REVOKE ${writer} FROM ${fixture.role("api")} CASCADE`,
      `COMMENT ON SCHEMA orders IS NULL; COMMENT ON ROLE ${owner} IS NULL`,
    ]) {
      await fixture.service(statements);
      await fixture.converges(stack, inputs);
    }
    // A time before the schema.
    await fixture.service(`DROP SCHEMA orders CASCADE; ${Object.values(inputs.roles).map(lost).join("; ")}`);
    fixture.rows = undefined;
    await fixture.converges(stack, inputs);
  },
};

/** Runs work that must wait for the statement of an open transaction, which then commits. */
async function whileHeld(
  context: FaultContext,
  { database }: SchemaFixture,
  statement: string,
  work: () => Promise<unknown>,
) {
  const client = await context.server.connect("admin", await context.server.token(context.server.admin), database);
  try {
    await client.query(`BEGIN; ${statement}`);
    const done = work();
    const waiting =
      "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'entra-postgres'";
    await context.until(async () => (await context.service(waiting)).length > 0, done);
    await client.query("COMMIT");
    await done;
  } finally {
    await client.end();
  }
}
