import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PrincipalInputs } from "../../../components/principal/inputs.ts";
import type { FaultRow, SkippedRow } from "../row.ts";
import type { World } from "../world.ts";

const FIDELITY = join(import.meta.dirname, "../../../docs/fidelity.md");
const UPDATE = "pg_catalog.pgaadauth_update_principal_with_oid(text, text, text, boolean, boolean)";
/** As many as the engine works on at a time, when nothing else is said, on a machine of four processors. */
const PARALLEL = 16;

/** The arguments of a program: without what the resource says of itself. */
function argumentsOf(world: World, changes: Partial<PrincipalInputs> = {}): Partial<PrincipalInputs> {
  const { owner: _, ...args } = world.inputs(world.identity(), changes);
  return args;
}

/** Does it for each, so many at a time. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const next = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, next));
}

export const rows: FaultRow[] = [
  {
    id: "J1",
    fault: "a typing error in an argument, one missing, values of another kind, words that are none",
    injected: "all of these at once, in a program that nobody compiled",
    seen: "each with what is allowed, in one go",
    never: "a stack trace, or something half made",
    level: "engine",
    run: async (world) => {
      const stack = await world.engine();
      const { objectId: _, ...args } = argumentsOf(world);
      const wrong = { ...args, onDelte: "drop", port: "abc", isAdmin: "yes", memberOf: "readers", bindBy: "oid" };
      stack.configure({ name: "app", args: wrong as unknown as Partial<PrincipalInputs> });
      const { exitCode, text } = await stack.up();
      assert.notEqual(exitCode, 0);
      assert.match(text, /property onDelte .*is no argument; there are: .*onDelete/);
      assert.match(text, /property objectId .*is missing/);
      assert.match(text, /property port .*"abc" is not a number/);
      assert.match(text, /property isAdmin .*"yes" is not a boolean/);
      assert.match(text, /property memberOf .*"readers" is not a list/);
      assert.match(text, /property bindBy .*"oid" is not one of: name, objectId/);
      assert.doesNotMatch(text, /TypeError|\n\s+at .*:\d+:\d+|unhandled/);
      assert.deepEqual(stack.state().roles, []);
      assert.equal(world.cutter.connections, 0);
      stack.configure({ name: "app", args: argumentsOf(world) });
      await stack.converges();
    },
  },
  {
    id: "J2",
    fault: "a preview while the server and the identity are not known yet",
    injected: "a role whose host and objectId come of a resource that is not made yet; later, of one that changes",
    seen: "a preview that succeeds",
    never: "a connection, or a role that is made anew because its server was not known for a moment",
    level: "engine",
    slow: "eight runs of the engine",
    run: async (world) => {
      const stack = await world.engine();
      const first = argumentsOf(world);
      const second = argumentsOf(world);
      const configure = (canLogin: boolean) =>
        stack.configure(
          { name: "first", args: { ...first, canLogin } },
          { name: "second", args: second, after: "first" },
        );
      configure(true);
      const preview = await stack.preview();
      assert.equal(preview.exitCode, 0, preview.text);
      assert.match(preview.text, /second create/);
      assert.equal(world.cutter.connections, 0);
      await stack.converges();
      const { oid } = (await world.role(second.roleName ?? "")) ?? {};

      configure(false);
      world.cutter.reset();
      const again = await stack.preview();
      assert.equal(again.exitCode, 0, again.text);
      assert.equal(world.cutter.connections, 0);
      await stack.converges();
      assert.equal((await world.role(second.roleName ?? ""))?.oid, oid);
    },
  },
  {
    id: "J5",
    fault: "a thousand identities and a thousand roles",
    injected: `1,000 roles in one program, ${PARALLEL} at a time, in a tenant of as many`,
    seen: "each made over one connection, and as many messages for the last as for the first",
    never: "work that grows with the square, or more connections at a time than roles in work",
    level: "lifecycle",
    slow: "a thousand logins",
    run: async (world) => {
      const all = Array.from({ length: 1000 }, () => world.inputs(world.identity()));
      const [first, ...rest] = all;
      assert.ok(first);
      // A login waits until the server knows the directory as it is, and that is written anew for each identity.
      await world.sql("SELECT 1");
      const stacks = new Map(all.map((inputs) => [inputs.roleName, world.stack()]));
      await stacks.get(first.roleName)?.up(first);
      const messages = world.cutter.seen.length;
      await forEach(rest, (inputs) => stacks.get(inputs.roleName)?.up(inputs) ?? assert.fail());
      assert.equal(world.cutter.connections, all.length);
      assert.equal(world.cutter.seen.length, messages * all.length);
      for (const inputs of all) {
        assert.equal(await stacks.get(inputs.roleName)?.preview(inputs), "same");
      }
      assert.equal(world.cutter.connections, all.length, "a preview connected");
      assert.equal((await world.roles()).length, all.length);
      const last = all.at(-1) ?? first;
      await world.converges(stacks.get(last.roleName) ?? world.stack(), last);
    },
  },
  {
    id: "J6",
    fault: "Azure's server does not do what the sandbox assumes of it",
    injected: "no pgaadauth_update_principal_with_oid; a role on which the administrator may not comment",
    seen: "the statement that Azure documents, to run by hand; that there is no owner mark; both in the list of assumptions",
    never: "a role that is taken for bound and is not; an assumption that counts as tried on Azure",
    level: "lifecycle",
    run: async (world) => {
      const [old, fresh] = [world.identity("moved"), world.identity("moved")];
      const stack = await world.made(world.inputs(old, { bindBy: "objectId" }));
      const inputs = world.inputs(fresh, { bindBy: "objectId" });
      await world.service(`ALTER FUNCTION ${UPDATE} RENAME TO not_on_azure`);
      try {
        const message = await world.failure(stack.up(inputs));
        assert.match(
          message,
          new RegExp(`SECURITY LABEL FOR "pgaadauth" ON ROLE "moved" IS 'aadauth,oid=${fresh.objectId}`),
        );
        assert.equal(await world.boundTo("moved"), old.objectId);
      } finally {
        const renamed = UPDATE.replace("pgaadauth_update_principal_with_oid", "not_on_azure");
        await world.service(`ALTER FUNCTION ${renamed} RENAME TO pgaadauth_update_principal_with_oid`);
      }
      await world.converges(stack, inputs);

      const foreign = world.inputs(world.identity());
      await world.sql(`SELECT pgaadauth_create_principal('${foreign.roleName}', false, false)`);
      await world.service(`REVOKE "${foreign.roleName}" FROM azure_pg_admin CASCADE`);
      const unmarked = world.stack();
      await unmarked.up(foreign);
      assert.match(world.output.join("\n"), /carries no owner mark, because the server refused it: .*42501/);
      assert.equal(await unmarked.refresh(), false);
      assert.equal(await unmarked.preview(foreign), "same");

      const lines = readFileSync(FIDELITY, "utf8").split("\n");
      for (const assumed of [/update_principal_with_oid` rebinds a role in place/, /may comment on a role/]) {
        assert.match(lines.find((line) => assumed.test(line)) ?? "not listed", /\| assumed \|/);
      }
    },
  },
  {
    id: "J7",
    fault: "the clock of the machine that deploys is wrong by an hour",
    injected: "tokens that begin in an hour, and tokens that ended an hour ago",
    seen: "the token's time and the machine's, and that the two are to be compared",
    never: 'no more than "invalid token"; a login tried again and again',
    level: "gateway",
    run: async (world) => {
      const inputs = world.inputs(world.identity());
      const stack = world.stack();
      const now = Math.floor(Date.now() / 1000);
      for (const [claims, words] of [
        [{ nbf: now + 3600, exp: now + 7200 }, "valid only from"],
        [{ nbf: now - 7200, exp: now - 3600 }, "expired at"],
      ] as const) {
        world.server.issuer.override = { ...claims };
        world.cutter.reset();
        const message = await world.failure(stack.up(inputs));
        assert.match(
          message,
          new RegExp(`${words} \\d{4}-\\d\\d-\\d\\dT[\\d:]+Z, this machine's clock says \\d{4}-.*Z`),
        );
        assert.match(message, /next: +compare this machine's clock/);
        assert.ok(world.cutter.connections <= 2, `${world.cutter.connections} logins`);
        assert.deepEqual(await world.roles(), []);
      }
      world.server.issuer.override = {};
      await world.converges(stack, inputs);
    },
  },
];

export const skipped: SkippedRow[] = [
  {
    id: "J3",
    fault: "a server that is open to the Internet, takes passwords, or has a person for administrator",
    reason:
      "a rule for a policy pack, which is not there; the program's own server is none of these (test/engine/devStack.test.ts)",
  },
  {
    id: "J4",
    fault: "a policy pack that crashes",
    reason: "there is no policy pack yet",
  },
];
