import assert from "node:assert/strict";
import { Commits } from "../commits.ts";
import type { FaultContext } from "../context.ts";
import type { Rows } from "../row.ts";
import { sameOnEveryVersion } from "../versions.ts";

/** How many waiting lines of this kind were printed. */
function waits(context: FaultContext, words: string): number {
  return context.output.filter((line) => line.includes(`waiting for ${words}`)).length;
}

export const rows: Rows = {
  E1: async (context) => {
    const database = await context.database();
    const inputs = context.inputs(context.identity(), { database });
    const message = await context.failure(context.stack().up(inputs));
    assert.match(message, /42883[\s\S]*set database to "postgres" instead of/);
    assert.match(message, /EP-PG-17/);
    assert.equal(context.cutter.connections, 1);
    await context.converges(context.stack(), { ...inputs, database: "postgres" });
  },

  E2: async (context) => {
    const inputs = context.inputs(context.identity());
    await context.service("DROP FUNCTION pg_catalog.pgaadauth_create_principal(text, boolean, boolean)");
    const message = await context.failure(context.stack().up(inputs));
    assert.match(message, /expected: a server with Microsoft Entra authentication enabled/);
    assert.doesNotMatch(message, /exist only in database/);
    await context.server.server.setEntraAuth(false);
    assert.match(await context.failure(context.stack().up(inputs)), /EP-PG-(04|05)/);
    await context.server.server.setEntraAuth(true);
    await context.converges(context.stack(), inputs);
  },

  E3: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    let restarted: Promise<void> | undefined;
    context.cutter.cuts = [
      {
        matches: ({ type }) => type === "StartupMessage",
        action: "reset",
        onCut: () => {
          restarted = context.server.server.restart();
        },
      },
    ];
    await stack.up(inputs).finally(() => restarted);
    assert.ok(restarted, "nothing was cut");
    assert.ok(context.output.some((line) => line.includes("waiting for ")));
    await context.converges(stack, inputs);

    for (const [code, words] of [
      ["57P01", "terminating connection due to administrator command"],
      ["57P03", "the database system is starting up"],
    ] as const) {
      await context.server.server.refusePrincipals(code, words, 2);
      const another = context.inputs(context.identity());
      await context.converges(context.stack(), another);
      assert.match(context.output.join("\n"), new RegExp(`waiting for the server to start.*${words}`));
    }
  },

  E4: async (context) => {
    for (const at of ["isSent", "isAnswered"] as const) {
      const inputs = context.inputs(context.identity());
      const stack = context.stack();
      let restarted: Promise<void> | undefined;
      const onCut = () => {
        restarted = context.server.server.restart();
      };
      const commits = new Commits();
      context.cutter.cuts = [{ matches: (message) => commits[at](message), action: "reset", onCut }];
      await stack.up(inputs).finally(() => restarted);
      assert.ok(restarted, "nothing was cut");
      assert.equal(stack.state?.outputs.message, `Created role for "${inputs.roleName}"`);
      await context.converges(stack, inputs);
    }
  },

  E5: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    await context.service("ALTER ROLE admin CONNECTION LIMIT 0");
    const up = stack.up(inputs);
    await context.until(() => waits(context, "a free connection") >= 1, up);
    await context.service("ALTER ROLE admin CONNECTION LIMIT -1");
    await up;
    assert.equal(context.cutter.connections, waits(context, "a free connection") + 1);
    await context.converges(stack, inputs);

    await context.service("ALTER ROLE admin CONNECTION LIMIT 0");
    const never = context.inputs(context.identity());
    const message = await context.deadlineFailure(
      2,
      (deadlineSeconds) => context.stack().up({ ...never, deadlineSeconds }),
      () => context.answered("53300"),
    );
    assert.match(message, /too many connections[\s\S]*raise max_connections/);
    await context.service("ALTER ROLE admin CONNECTION LIMIT -1");
  },

  E7: async (context) => {
    const inputs = context.inputs(context.identity());
    await context.service("ALTER ROLE admin SET default_transaction_read_only = on");
    const stack = context.stack();
    const message = await context.failure(stack.up(inputs));
    assert.match(message, /25006[\s\S]*connect to the primary/);
    assert.equal(context.cutter.connections, 2);
    const up = stack.up(inputs);
    await context.until(() => waits(context, "a server that accepts writes") >= 2, up);
    await context.service("ALTER ROLE admin RESET default_transaction_read_only");
    await up;
    await context.converges(stack, inputs);
  },

  E8: async (context) => {
    const full = "could not extend file: No space left on device";
    const inputs = context.inputs(context.identity(), { deadlineSeconds: 300 });
    await context.server.server.refusePrincipals("53100", full, 1000);
    const message = await context.failure(context.stack().up(inputs));
    assert.match(message, new RegExp(`${full} \\(SQLSTATE 53100\\)`));
    assert.equal(context.cutter.connections, 4);
    await context.service("DELETE FROM pgaadauth.refusal");
    await context.server.server.refusePrincipals("53200", "out of memory", 1);
    await context.converges(context.stack(), inputs);
    assert.match(context.output.join("\n"), /waiting for the server's resources, .*out of memory/);
  },

  E9: async (context) => {
    const inputs = context.inputs(context.identity());
    await context.server.server.refusePrincipals("42501", "permission denied to create role", 1);
    const stack = context.stack();
    const message = await context.failure(stack.up(inputs));
    assert.match(message, /expected: "admin"[\s\S]*permission denied to create role/);
    // Once to create the role, and once to see who holds ADMIN on it.
    assert.equal(context.cutter.connections, 2);
    await context.converges(stack, inputs);
  },

  E11: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    const other = await context.server.connect("admin", await context.server.token(context.server.admin));
    try {
      await other.query("SET application_name = 'somebody''s psql'; BEGIN");
      await other.query(`CREATE ROLE "${inputs.roleName}"`);
      const [row] = (await other.query("SELECT pg_backend_pid() AS pid")).rows;
      const message = await context.deadlineFailure(
        3,
        (deadlineSeconds) => stack.up({ ...inputs, deadlineSeconds }),
        () => context.answered("55P03"),
      );
      assert.match(message, /lock timeout/);
      assert.match(message, new RegExp(`process ${row.pid} of admin \\(somebody's psql\\), in a transaction`));
      await other.query("ROLLBACK");
    } finally {
      await other.end();
    }
    await context.converges(stack, inputs);
  },

  E10: sameOnEveryVersion,
};
