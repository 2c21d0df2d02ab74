import assert from "node:assert/strict";
import type { Rows } from "../row.ts";

export const rows: Rows = {
  B10: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity);
    const role = `"${inputs.roleName}"`;
    const stack = await context.made(inputs);
    const byHand = {
      label: `DELETE FROM pg_shseclabel WHERE objoid = '${role}'::regrole; ALTER ROLE ${role} PASSWORD 'by hand'`,
      renamed: `ALTER ROLE ${role} RENAME TO elsewhere`,
      login: `ALTER ROLE ${role} NOLOGIN`,
      dropped: `DROP ROLE ${role}`,
    };
    for (const [what, statement] of Object.entries(byHand)) {
      await context.service(statement);
      assert.equal(await stack.refresh(), true, what);
      assert.notEqual(await stack.preview(inputs), "same", what);
      await context.converges(stack, inputs);
      assert.deepEqual(await context.roles(), [inputs.roleName]);
      const [row] = await context.service(`SELECT rolpassword FROM pg_authid WHERE rolname = '${inputs.roleName}'`);
      assert.equal(row?.rolpassword, null, "a password is left on it");
      assert.equal(await context.login(identity, inputs.roleName), inputs.roleName);
    }
  },

  B11: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity, { memberOf: [] });
    const role = `"${inputs.roleName}"`;
    const stack = await context.made(inputs);
    await context.service(`REVOKE ${role} FROM azure_pg_admin CASCADE; GRANT azure_pg_admin TO ${role}`);
    for (const statement of [
      "SELECT 1",
      `ALTER ROLE ${role} CREATEROLE CREATEDB`,
      `GRANT pg_monitor TO ${role}`,
      `SELECT pgaadauth_update_principal_with_oid('${inputs.roleName}', '${identity.objectId}', 'service', true, false)`,
    ]) {
      await context.sql(statement);
      assert.equal(await stack.refresh(), true, statement);
      assert.equal(await stack.preview(inputs), "update", statement);
      await context.converges(stack, inputs);
    }
  },

  B12: async (context) => {
    const inputs = context.inputs(context.identity(), { roleName: "admin" });
    assert.match(await context.failure(context.stack().up(inputs)), /an application needs a role of its own/);
    assert.equal(context.cutter.connections, 0);
  },

  B13: async (context) => {
    const identity = context.identity();
    const [first, second] = ["one", "two"].map((name) =>
      context.inputs(identity, { owner: `urn:pulumi:dev::faults::${name}` }),
    );
    assert.ok(first && second);
    const winner = await context.made(first);
    const loser = context.stack();
    assert.match(await context.failure(loser.up(second)), /a role that urn:pulumi:dev::faults::one manages/);
    await loser.destroy();
    await context.converges(winner, first);
  },

  B14: async (context) => {
    const identity = context.identity();
    const [dev, prod] = ["dev", "prod"].map((name) =>
      context.inputs(identity, { owner: `urn:pulumi:${name}::faults::app` }),
    );
    assert.ok(dev && prod);
    const first = await context.made(dev);
    const second = context.stack();
    assert.match(await context.failure(second.up(prod)), /urn:pulumi:dev::faults::app manages/);
    await second.up({ ...prod, onConflict: "rebind" });
    assert.equal(await first.refresh(), true);
    assert.match(await context.failure(first.up(dev)), /urn:pulumi:prod::faults::app manages/);
    await first.refresh();
    await first.destroy();
    assert.match(context.output.join("\n"), /kept: urn:pulumi:prod::faults::app has taken it over/);
    await context.converges(second, prod);
  },
};
