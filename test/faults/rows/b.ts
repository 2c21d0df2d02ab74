import assert from "node:assert/strict";
import type { FaultRow } from "../row.ts";

export const rows: FaultRow[] = [
  {
    id: "B1",
    fault: "the role exists and is bound to another object id",
    injected: "a role of that name made by hand for another identity",
    seen: "both object ids, and that a rebind has to be said",
    never: "the role is adopted or rebound in silence",
    level: "lifecycle",
    run: async (world) => {
      const [old, fresh] = [world.identity("twice"), world.identity("twice")];
      await world.sql(
        `SELECT pgaadauth_create_principal_with_oid('twice', '${old.objectId}', 'service', false, false)`,
      );
      const stack = world.stack();
      const message = await world.failure(stack.up(world.inputs(fresh)));
      assert.match(message, new RegExp(`expected: .*${fresh.objectId}[^]*found: .*${old.objectId}[^]*onConflict`));
      assert.equal(await world.boundTo("twice"), old.objectId);
      assert.equal(stack.state, undefined);
      await world.converges(stack, world.inputs(fresh, { onConflict: "rebind" }));
      await assert.rejects(world.login(old, "twice"));
    },
  },
];
