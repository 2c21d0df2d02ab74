import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { UNKNOWN } from "../../../components/postgres/fieldDiff.ts";
import type { PrincipalInputs } from "../../../components/principal/inputs.ts";
import { readLedger } from "../../../sandbox/ledger/ledger.ts";
import { fidelityPage, PAGE } from "../../../sandbox/ledger/page.ts";
import type { FaultContext } from "../context.ts";
import type { Rows } from "../row.ts";
import { CheckFailed } from "../stack.ts";

const REBIND = "pgaadauth_update_principal_with_oid";
const SIGNATURE = "(text, text, text, boolean, boolean)";
/** As many as the engine works on at a time where nothing else is said, on a machine of four processors. */
const PARALLEL = 16;

/** The arguments of a program: without what the resource says of itself. */
function argumentsOf(context: FaultContext): Partial<PrincipalInputs> {
  const { owner: _, ...args } = context.inputs(context.identity());
  return args;
}

export const rows: Rows = {
  J1: async (context) => {
    const inputs = context.inputs(context.identity(), {
      principalType: "ServicePrincipal",
      bindBy: "oid",
      onConflict: "force",
      onDelete: "destroy",
      memberOf: ["azure_pg_admin"],
      waitSeconds: -1,
      deadlineSeconds: 0,
      serverId: "my-server",
    });
    const error = await context
      .stack()
      .up(inputs)
      .catch((thrown) => thrown);
    assert.ok(error instanceof CheckFailed, String(error));
    assert.deepEqual(
      error.failures.map(({ property }) => property),
      ["principalType", "bindBy", "onConflict", "onDelete", "memberOf", "waitSeconds", "deadlineSeconds", "serverId"],
    );
    for (const words of [
      /service, user, group/,
      /refuse, reassign, drop, retain/,
      /set isAdmin for that/,
      /0 to 3600/,
    ]) {
      assert.match(error.message, words);
    }

    const stack = await context.engine();
    const { objectId: _, ...args } = argumentsOf(context);
    const wrong = {
      ...args,
      onDelte: "drop",
      waitSeconds: "long",
      isAdmin: "yes",
      memberOf: "readers",
      bindBy: "oid",
    };
    stack.configure({ name: "app", args: wrong as unknown as Partial<PrincipalInputs> });
    const { exitCode, text } = await stack.up();
    assert.notEqual(exitCode, 0);
    assert.match(text, /property onDelte .*is an unknown argument; valid arguments: .*onDelete/);
    assert.match(text, /property objectId .*is missing/);
    assert.match(text, /property waitSeconds .*"long" is not a number/);
    assert.match(text, /property isAdmin .*"yes" is not a boolean/);
    assert.match(text, /property memberOf .*"readers" is not a list/);
    assert.match(text, /property bindBy .*"oid" is not one of: name, objectId/);
    assert.doesNotMatch(text, /TypeError|\n\s+at .*:\d+:\d+|unhandled/);
    assert.deepEqual(stack.state().roles, []);
    assert.equal(context.cutter.connections, 0);
    stack.configure({ name: "app", args: argumentsOf(context) });
    await stack.converges();
  },

  J2: async (context) => {
    const inputs = context.inputs(context.identity());
    const names = ["host", "objectId", "clientId", "roleName", "serverId", "memberOf"];
    const unknown = { ...inputs, ...Object.fromEntries(names.map((name) => [name, UNKNOWN])) };
    assert.equal(await context.stack().preview(unknown), "create");
    const made = await context.made(inputs);
    assert.equal(await made.preview({ ...inputs, objectId: UNKNOWN }), "update");
    assert.equal(await made.preview({ ...inputs, host: UNKNOWN }), "update", "it is shown as another role");
    assert.equal(context.cutter.connections, 0);
    assert.equal(await made.preview(inputs), "same");

    const stack = await context.engine();
    const [first, second] = [argumentsOf(context), argumentsOf(context)];
    const oids: unknown[] = [];
    for (const canLogin of [true, false]) {
      const late = { name: "second", args: second, after: "first" };
      stack.configure({ name: "first", args: { ...first, canLogin } }, late);
      context.cutter.reset();
      const { exitCode, text } = await stack.preview();
      assert.equal(exitCode, 0, text);
      assert.match(text, canLogin ? /second create/ : /second update/);
      assert.equal(context.cutter.connections, 0);
      const up = await stack.up();
      assert.equal(up.exitCode, 0, up.text);
      oids.push((await context.role(second.roleName ?? ""))?.oid);
    }
    assert.ok(oids[0]);
    assert.equal(oids[1], oids[0]);
  },

  J5: async (context) => {
    const all = Array.from({ length: 1000 }, () => ({
      inputs: context.inputs(context.identity()),
      stack: context.stack(),
    }));
    // A login waits until the server knows the directory as it is, and that is written anew for each identity.
    await context.sql("SELECT 1");
    const [first, second, ...waiting] = all;
    assert.ok(first && second);
    // The first one also creates the administrator's grantor role.
    await first.stack.up(first.inputs);
    const before = context.cutter.seen.length;
    await second.stack.up(second.inputs);
    const messages = context.cutter.seen.length - before;
    let most = 0;
    const work = async () => {
      for (let one = waiting.pop(); one; one = waiting.pop()) {
        await one.stack.up(one.inputs);
        const [row] = await context.service(
          "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'entra-postgres'",
        );
        most = Math.max(most, Number(row?.n));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    assert.equal(context.cutter.connections, all.length);
    assert.equal(context.cutter.seen.length - before, messages * (all.length - 1));
    assert.ok(most <= PARALLEL, `${most} sessions at once`);
    assert.deepEqual(await context.roles(), all.map(({ inputs }) => inputs.roleName).sort());
    for (const { inputs, stack } of all) {
      assert.equal(await stack.preview(inputs), "same");
    }
    assert.equal(context.cutter.connections, all.length, "a preview connected");
    await context.converges(first.stack, first.inputs);
  },

  J6: async (context) => {
    const [old, fresh] = [context.identity("moved"), context.identity("moved")];
    const stack = await context.made(context.inputs(old, { bindBy: "objectId" }));
    const inputs = context.inputs(fresh, { bindBy: "objectId" });
    await context.service(`ALTER FUNCTION ${REBIND}${SIGNATURE} RENAME TO not_on_azure`);
    try {
      const message = await context.failure(stack.up(inputs));
      const label = `SECURITY LABEL FOR "pgaadauth" ON ROLE "moved" IS 'aadauth,oid=${fresh.objectId},`;
      assert.ok(message.includes(label), message);
      assert.equal(await context.boundTo("moved"), old.objectId);
    } finally {
      await context.service(`ALTER FUNCTION not_on_azure${SIGNATURE} RENAME TO ${REBIND}`);
    }
    await context.converges(stack, inputs);

    const foreign = context.inputs(context.identity());
    await context.sql(`SELECT pgaadauth_create_principal('${foreign.roleName}', false, false)`);
    await context.service(`REVOKE "${foreign.roleName}" FROM azure_pg_admin CASCADE`);
    const unmarked = context.stack();
    await unmarked.up(foreign);
    assert.match(context.output.join("\n"), /carries no owner mark, because the server refused it: .*42501/);
    assert.equal(await unmarked.refresh(), false);
    assert.equal(await unmarked.preview(foreign), "same");

    assert.equal(readFileSync(PAGE, "utf8"), fidelityPage());
    const rows = readLedger().flatMap((section) => section.rows);
    const assumed = rows.flatMap(({ says, status }) => (status === "assumed" ? [says] : [])).join("\n");
    assert.match(assumed, new RegExp(`${REBIND}\` rebinds a role in place`));
    assert.match(assumed, /may comment on a role/);
  },

  J7: async (context) => {
    const now = Math.floor(Date.now() / 1000);
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    for (const [override, words] of [
      [{ nbf: now + 3600, exp: now + 7200 }, /valid only from \d{4}-/],
      [{ nbf: now - 7200, exp: now - 3600 }, /expired at \d{4}-/],
    ] as const) {
      context.server.issuer.override = override;
      context.cutter.reset();
      const message = await context.failure(stack.up(inputs));
      assert.match(message, words);
      assert.match(message, /this machine's clock says \d{4}-[\s\S]*compare this machine's clock/);
      assert.ok(context.cutter.connections <= 2, `${context.cutter.connections} logins`);
      assert.deepEqual(await context.roles(), []);
    }
    context.server.issuer.override = {};
    await context.converges(stack, inputs);
  },
};
