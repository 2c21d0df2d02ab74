import assert from "node:assert/strict";
import type { Rows } from "../row.ts";

export const rows: Rows = {
  G1: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity);
    const stack = await context.made(inputs);
    const [one, two] = [await context.database(inputs.roleName), await context.database(inputs.roleName)];
    await context.server.query(inputs.roleName, identity, "CREATE TABLE a (n int); CREATE TABLE b (n int)", one);
    await context.server.query(inputs.roleName, identity, "CREATE TABLE c (n int)", two);
    const message = await context.failure(stack.destroy());
    assert.match(message, new RegExp(`database ${one}: 2 object\\(s\\): table a, table b`));
    assert.match(message, new RegExp(`database ${two}: 1 object\\(s\\): table c`));
    assert.match(message, /next: +set onDelete to "reassign"/);
    assert.equal(await context.login(identity, inputs.roleName, one), inputs.roleName, "nothing was changed");

    const drop = { ...inputs, onDelete: "drop" };
    await context.service(`ALTER DATABASE ${two} OWNER TO "${inputs.roleName}"`);
    await stack.up(drop);
    assert.match(await context.failure(stack.destroy()), /a database is not dropped with a role/);
    assert.deepEqual(await context.service("SELECT count(*)::int AS n FROM c", two), [{ n: 0 }]);

    await stack.up({ ...inputs, onDelete: "reassign" });
    const oid = stack.state?.outputs.roleOid ?? "";
    await stack.destroy();
    await context.isGone(inputs.roleName, oid);
    assert.deepEqual(await context.sql("SELECT count(*)::int AS n FROM a", one), [{ n: 0 }]);
  },

  G2: async (context) => {
    const inputs = context.inputs(context.identity());
    const role = `"${inputs.roleName}"`;
    const stack = await context.made(inputs);
    const databases = [await context.database(), await context.database()];
    for (const database of databases) {
      await context.sql(
        `CREATE SCHEMA s; CREATE TABLE s.t (a int, b int); GRANT USAGE ON SCHEMA s TO ${role}; GRANT SELECT (a) ON s.t TO ${role};
          GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${role};
          ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO ${role}`,
        database,
      );
      await context.service(`ALTER DEFAULT PRIVILEGES FOR ROLE ${role} GRANT SELECT ON TABLES TO PUBLIC`, database);
    }
    await context.service(`CREATE TABLE theirs (n int); GRANT SELECT ON theirs TO ${role}`, databases[1]);
    const message = await context.failure(stack.destroy());
    assert.match(message, new RegExp(`found: +database ${databases[1]}: 1 object\\(s\\): table theirs`));
    assert.match(message, /those are revoked now[\s\S]*EP-ROLE-11/);
    assert.match(message, /next: +as the owner of each: REVOKE/);
    await context.service(`REVOKE ALL ON theirs FROM ${role}`, databases[1]);
    const oid = stack.state?.outputs.roleOid ?? "";
    await stack.destroy();
    await context.isGone(inputs.roleName, oid);
  },

  G3: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity);
    const stack = await context.made(inputs);
    const database = await context.database(inputs.roleName);
    await context.service(
      `ALTER DATABASE ${database} OWNER TO azuresu; REVOKE ALL ON DATABASE ${database} FROM PUBLIC, azure_pg_admin`,
    );
    const message = await context.failure(stack.destroy());
    assert.match(message, new RegExp(`no CONNECT right on ${database}`));
    assert.match(message, new RegExp(`GRANT CONNECT ON DATABASE "${database}" TO "admin"`));
    assert.equal(await context.login(identity, inputs.roleName), inputs.roleName, "nothing was changed");
    await context.service(`GRANT CONNECT ON DATABASE ${database} TO admin`);
    const oid = stack.state?.outputs.roleOid ?? "";
    await stack.destroy();
    await context.isGone(inputs.roleName, oid);
  },

  G4: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity);
    const stack = await context.made(inputs);
    const open = [];
    for (let at = 0; at < 3; at += 1) {
      open.push(await context.server.connect(inputs.roleName, await context.server.token(identity)));
    }
    const oid = stack.state?.outputs.roleOid ?? "";
    await stack.destroy();
    assert.match(context.output.join("\n"), /ended 3 open session\(s\) of the role/);
    for (const client of open) {
      await assert.rejects(client.query("SELECT 1"));
      await client.end().catch(() => {});
    }
    await context.isGone(inputs.roleName, oid);
  },

  G5: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity, { serverId: context.serverId });
    const stack = await context.made(inputs);
    const { outputs } = stack.state ?? assert.fail("no state");
    outputs.port = await context.closedPort();
    const unreachable = async (work: () => Promise<unknown>, words: RegExp) => {
      context.output.length = 0;
      const run = (deadlineSeconds: number) => {
        outputs.deadlineSeconds = deadlineSeconds;
        return work();
      };
      const waited = () => context.output.some((line) => line.includes("waiting for"));
      assert.match(await context.deadlineFailure(2, run, waited), words);
    };
    const destroy = () => stack.destroy();
    await unreachable(destroy, /EP-PG-08/);
    await unreachable(() => stack.refresh(), /EP-PG-08/);
    context.serverExists = false;
    for (const refusal of [
      { status: 403, code: "AuthorizationFailed" },
      { status: 404, code: "SubscriptionNotFound" },
    ]) {
      context.manager.refusal = refusal;
      await unreachable(destroy, /EP-PG-08/);
    }
    outputs.host = "gone.invalid";
    await unreachable(destroy, /EP-PG-07/);
    assert.equal(await context.boundTo(inputs.roleName), identity.objectId, "the role is still there");

    context.manager.refusal = undefined;
    outputs.deadlineSeconds = 30;
    await stack.destroy();
    assert.match(context.output.join("\n"), /Azure says that the server no longer exists/);
    assert.equal(stack.state, undefined);
  },

  G6: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = await context.made(inputs);
    await context.service(`DROP ROLE "${inputs.roleName}"`);
    await stack.destroy();
    assert.equal(stack.state, undefined);
    await context.converges(context.stack(), inputs);
  },

  G7: async (context) => {
    const [identity, other] = [context.identity(), context.identity()];
    const inputs = context.inputs(identity);
    const stack = await context.made(inputs);
    await context.sql(
      `SELECT pgaadauth_update_principal_with_oid('${inputs.roleName}', '${other.objectId}', 'service', false, false)`,
    );
    const message = await context.failure(stack.destroy());
    assert.match(message, new RegExp(`expected: .*${identity.objectId}[\\s\\S]*found: +object id ${other.objectId}`));
    await stack.refresh();
    assert.match(await context.failure(stack.destroy()), /EP-ROLE-12/, "a refresh made it its own");
    assert.equal(await context.boundTo(inputs.roleName), other.objectId);

    await context.service(`DROP ROLE "${inputs.roleName}"; CREATE ROLE "${inputs.roleName}" NOLOGIN`);
    assert.match(
      await context.failure(stack.destroy()),
      /another role of that name without an Entra identity[\s\S]*EP-ROLE-12/,
    );
    assert.ok(await context.role(inputs.roleName));
  },

  G9: async (context) => {
    const identity = context.identity();
    const args = context.inputs(identity);
    const stack = await context.engine();
    stack.configure({ name: "app", args, protect: true });
    await stack.converges();
    const { exitCode, text } = await stack.destroy();
    assert.notEqual(exitCode, 0);
    assert.match(text, /protect/);
    assert.equal(await context.boundTo(args.roleName), identity.objectId);
    stack.configure({ name: "app", args });
    await stack.up();
    assert.equal((await stack.destroy()).exitCode, 0);
    assert.equal(await context.role(args.roleName), undefined);
  },
};
