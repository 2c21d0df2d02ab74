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
    run: async (world) => {
      const identity = world.identity();
      const inputs = world.inputs(identity);
      const role = `"${inputs.roleName}"`;
      const stack = await world.made(inputs);
      const byHand = {
        label: `DELETE FROM pg_shseclabel WHERE objoid = '${role}'::regrole; ALTER ROLE ${role} PASSWORD 'by hand'`,
        renamed: `ALTER ROLE ${role} RENAME TO elsewhere`,
        login: `ALTER ROLE ${role} NOLOGIN`,
        dropped: `DROP ROLE ${role}`,
      };
      for (const [what, statement] of Object.entries(byHand)) {
        await world.service(statement);
        assert.equal(await stack.refresh(), true, what);
        assert.notEqual(await stack.preview(inputs), "same", what);
        await world.converges(stack, inputs);
        assert.deepEqual(await world.roles(), [inputs.roleName]);
        const [row] = await world.service(`SELECT rolpassword FROM pg_authid WHERE rolname = '${inputs.roleName}'`);
        assert.equal(row?.rolpassword, null, "a password is left on it");
        assert.equal(await world.login(identity, inputs.roleName), inputs.roleName);
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
    run: async (world) => {
      const identity = world.identity();
      const inputs = world.inputs(identity, { memberOf: [] });
      const role = `"${inputs.roleName}"`;
      const stack = await world.made(inputs);
      await world.service(`REVOKE ${role} FROM azure_pg_admin CASCADE; GRANT azure_pg_admin TO ${role}`);
      for (const statement of [
        "SELECT 1",
        `ALTER ROLE ${role} CREATEROLE CREATEDB`,
        `GRANT pg_monitor TO ${role}`,
        `SELECT pgaadauth_update_principal_with_oid('${inputs.roleName}', '${identity.objectId}', 'service', true, false)`,
      ]) {
        await world.sql(statement);
        assert.equal(await stack.refresh(), true, statement);
        assert.equal(await stack.preview(inputs), "update", statement);
        await world.converges(stack, inputs);
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
    run: async (world) => {
      const inputs = world.inputs(world.identity(), { roleName: "admin" });
      assert.match(await world.failure(world.stack().up(inputs)), /an application needs a role of its own/);
      assert.equal(world.cutter.connections, 0);
    },
  },
  {
    id: "B13",
    fault: "two resources of one stack mean one role",
    injected: "the same roleName under two logical names, one after the other",
    seen: "the second fails and names the URN of the first",
    never: "the loser's removal drops the winner's role",
    level: "lifecycle",
    run: async (world) => {
      const identity = world.identity();
      const [first, second] = ["one", "two"].map((name) =>
        world.inputs(identity, { owner: `urn:pulumi:dev::faults::${name}` }),
      );
      assert.ok(first && second);
      const winner = await world.made(first);
      const loser = world.stack();
      assert.match(await world.failure(loser.up(second)), /a role that urn:pulumi:dev::faults::one manages/);
      await loser.destroy();
      await world.converges(winner, first);
    },
  },
  {
    id: "B14",
    fault: "two stacks mean one role",
    injected: "the same role and identity under the URNs of two stacks; then a take-over that is said",
    seen: "the second names the first; after a take-over the first names the second",
    never: "one stack's destroy drops the other's role",
    level: "lifecycle",
    run: async (world) => {
      const identity = world.identity();
      const [dev, prod] = ["dev", "prod"].map((name) =>
        world.inputs(identity, { owner: `urn:pulumi:${name}::faults::app` }),
      );
      assert.ok(dev && prod);
      const first = await world.made(dev);
      const second = world.stack();
      assert.match(await world.failure(second.up(prod)), /urn:pulumi:dev::faults::app manages/);
      await second.up({ ...prod, onConflict: "rebind" });
      assert.equal(await first.refresh(), true);
      assert.match(await world.failure(first.up(dev)), /urn:pulumi:prod::faults::app manages/);
      await first.refresh();
      await first.destroy();
      assert.match(world.output.join("\n"), /left alone: urn:pulumi:prod::faults::app has taken it over/);
      await world.converges(second, prod);
    },
  },
];
