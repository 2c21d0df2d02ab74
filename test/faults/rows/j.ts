import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UNKNOWN } from "../../../components/principal/inputs.ts";
import type { FaultRow, SkippedRow } from "../row.ts";
import { CheckFailed } from "../stack.ts";

export const rows: FaultRow[] = [
  {
    id: "J1",
    fault: "several arguments are wrong at once",
    injected: "words that are none, numbers out of range, a membership that another argument is for",
    seen: "all of them, each with the allowed values",
    never: "a stack trace, or half of the work done",
    level: "check",
    run: async (world) => {
      const inputs = world.inputs(world.identity(), {
        principalType: "ServicePrincipal",
        bindBy: "oid",
        onConflict: "force",
        onDelete: "destroy",
        memberOf: ["azure_pg_admin"],
        waitSeconds: -1,
        deadlineSeconds: 0,
        serverId: "my-server",
      });
      const error = await world
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
      assert.equal(world.cutter.connections, 0);
    },
  },
  {
    id: "J2",
    fault: "a preview whose values are not known yet",
    injected: "host, object id and others unknown, for a new and for an existing role",
    seen: "a preview that succeeds",
    never: "a connection",
    level: "lifecycle",
    run: async (world) => {
      const inputs = world.inputs(world.identity());
      const unknown = {
        ...inputs,
        host: UNKNOWN,
        objectId: UNKNOWN,
        clientId: UNKNOWN,
        roleName: UNKNOWN,
        serverId: UNKNOWN,
      };
      assert.equal(await world.stack().preview(unknown), "create");
      const stack = await world.made(inputs);
      assert.notEqual(await stack.preview({ ...inputs, objectId: UNKNOWN }), "same");
      assert.equal(world.cutter.connections, 0);
      assert.equal(await stack.preview(inputs), "same");
    },
  },
  {
    id: "J5",
    fault: "many principals",
    injected: "200 roles, eight at a time",
    seen: "200 roles, each by one connection",
    never: "more sessions than operations under way",
    level: "lifecycle",
    run: async (world) => {
      let most = 0;
      const identities = Array.from({ length: 200 }, () => world.identity());
      await world.server.server.asService("SELECT 1");
      const waiting = [...identities];
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let identity = waiting.pop(); identity; identity = waiting.pop()) {
            await world.stack().up(world.inputs(identity));
            const [row] = await world.service(
              "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'entra-postgres'",
            );
            most = Math.max(most, Number(row?.n));
          }
        }),
      );
      assert.equal(world.cutter.connections, 200);
      assert.ok(most <= 8, `${most} sessions at once`);
      assert.deepEqual(await world.roles(), identities.map(({ displayName }) => displayName).sort());
    },
  },
  {
    id: "J6",
    fault: "a claim that rests on an assumption about Azure",
    injected: "a count of the fidelity ledger's rows",
    seen: "the counts that the ledger states",
    never: "an assumed behaviour that is counted as Azure's",
    level: "check",
    run: async () => {
      const ledger = readFileSync(join(import.meta.dirname, "../../../docs/fidelity.md"), "utf8");
      const stated = /\| cited \| recorded \| assumed \|\n\| -+ \| -+ \| -+ \|\n\| (\d+) \| (\d+) \| (\d+) \|/.exec(
        ledger,
      );
      const count = (status: string) => ledger.split("\n").filter((line) => line.includes(` | ${status} | `)).length;
      const counted = [count("cited"), count("recorded"), count("assumed")];
      // The line that states the counts names all three as its columns.
      assert.deepEqual(
        stated?.slice(1).map(Number),
        counted.map((n, at) => (at === 1 ? n - 1 : n)),
      );
    },
  },
  {
    id: "J7",
    fault: "the machine's clock is an hour off",
    injected: "tokens whose times lie an hour ahead and an hour back",
    seen: "both times, and to compare the clock",
    never: "that the token is invalid, and no more",
    level: "gateway",
    run: async (world) => {
      const now = Math.floor(Date.now() / 1000);
      for (const [override, words] of [
        [{ nbf: now + 3600, exp: now + 7200 }, /valid only from/],
        [{ nbf: now - 7200, exp: now - 3600 }, /expired at/],
      ] as const) {
        world.server.issuer.override = override;
        const message = await world.failure(world.stack().up(world.inputs(world.identity())));
        assert.match(message, words);
        assert.match(message, /this machine's clock says \d{4}-[\s\S]*compare this machine's clock/);
      }
      world.server.issuer.override = {};
      await world.converges(world.stack(), world.inputs(world.identity()));
    },
  },
];

export const skipped: SkippedRow[] = [
  {
    id: "J3",
    fault: "a firewall open to the world, passwords on, an administrator that is a lone user",
    reason: "the policy pack's to refuse, which is not there yet",
  },
  {
    id: "J4",
    fault: "a policy pack that crashes",
    reason: "the policy pack is not there yet",
  },
];
