import assert from "node:assert/strict";
import type { FaultRow } from "../row.ts";

export const rows: FaultRow[] = [
  {
    id: "B10",
    fault: "the role was changed by hand: its label removed, dropped, renamed",
    injected: "statements behind the program's back",
    seen: "a refresh shows it, the next up repairs it",
    never: "no changes",
    level: "lifecycle",
    run: async (context) => {
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
  },
  {
    id: "B11",
    fault: "somebody made the role an administrator by hand",
    injected: "membership in azure_pg_admin; CREATEROLE; another membership; the label's own mark",
    seen: "a refresh shows it, the next up takes it away",
    never: "it is ignored",
    level: "lifecycle",
    run: async (context) => {
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
  },
  {
    id: "B12",
    fault: "the role's name is that of the administrator who logs in",
    injected: "roleName = adminUser",
    seen: "refused",
    never: "our own administrator is changed or dropped",
    level: "check",
    run: async (context) => {
      const inputs = context.inputs(context.identity(), { roleName: "admin" });
      assert.match(await context.failure(context.stack().up(inputs)), /an application needs a role of its own/);
      assert.equal(context.cutter.connections, 0);
    },
  },
  {
    id: "B13",
    fault: "two resources of one stack mean one role",
    injected: "the same roleName under two logical names, one after the other",
    seen: "the second fails and names the URN of the first",
    never: "the loser's removal drops the winner's role",
    level: "lifecycle",
    run: async (context) => {
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
  },
  {
    id: "B14",
    fault: "two stacks mean one role",
    injected: "the same role and identity under the URNs of two stacks; then a take-over that is said",
    seen: "the second names the first; after a take-over the first names the second",
    never: "one stack's destroy drops the other's role",
    level: "lifecycle",
    run: async (context) => {
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
  },
];
