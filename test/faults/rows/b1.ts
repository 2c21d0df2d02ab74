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
      assert.match(
        message,
        new RegExp(`expected: .*${fresh.objectId}[\\s\\S]*found: .*${old.objectId}[\\s\\S]*onConflict`),
      );
      assert.equal(await world.boundTo("twice"), old.objectId);
      assert.equal(stack.state, undefined);
      await world.converges(stack, world.inputs(fresh, { onConflict: "rebind" }));
      await assert.rejects(world.login(old, "twice"));
    },
  },
  {
    id: "B2",
    fault: "the role exists, with a password and no binding",
    injected: "CREATE ROLE ... LOGIN PASSWORD by hand",
    seen: "that it is no Entra role, and what takes it over",
    never: "it is converted in silence, with its password left on it",
    level: "lifecycle",
    run: async (world) => {
      const identity = world.identity();
      const inputs = world.inputs(identity);
      await world.service(`CREATE ROLE "${inputs.roleName}" LOGIN PASSWORD 'old'`);
      const stack = world.stack();
      assert.match(await world.failure(stack.up(inputs)), /bound to no Entra identity[\s\S]*onConflict to "rebind"/);
      assert.equal(await world.boundTo(inputs.roleName), undefined);
      await world.service(`GRANT "${inputs.roleName}" TO azure_pg_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
      const taken = { ...inputs, onConflict: "rebind" };
      await world.converges(stack, taken);
      const [row] = await world.service(`SELECT rolpassword FROM pg_authid WHERE rolname = '${inputs.roleName}'`);
      assert.equal(row?.rolpassword, null, "the password is left on it");
    },
  },
  {
    id: "B3",
    fault: "the role is bound to the identity already, but is an administrator",
    injected: "the role made by hand with isAdmin",
    seen: "both values, and that the program has to say the same",
    never: "the right is kept or taken in silence",
    level: "lifecycle",
    run: async (world) => {
      const identity = world.identity();
      const inputs = world.inputs(identity);
      await world.sql(`SELECT pgaadauth_create_principal('${inputs.roleName}', true, false)`);
      const stack = world.stack();
      assert.match(await world.failure(stack.up(inputs)), /expected: isAdmin false[\s\S]*found: +isAdmin true/);
      assert.ok((await world.role(inputs.roleName))?.createRole);
      await world.converges(stack, { ...inputs, isAdmin: true });
      assert.equal(await stack.preview(inputs), "update");
      await world.converges(stack, inputs);
    },
  },
  {
    id: "B4",
    fault: "several principals have the name",
    injected: "three identities of one display name",
    seen: "that the name is not unique, and the binding by object id",
    never: "the wrong one is bound",
    level: "lifecycle",
    run: async (world) => {
      const name = world.identity().displayName;
      const twins = [world.identity(name), world.identity(name)];
      for (const twin of twins) {
        const stack = world.stack();
        await world.converges(stack, world.inputs(twin));
        assert.equal(await world.boundTo(name), twin.objectId);
        await stack.destroy();
      }
      assert.match(world.output.join("\n"), /the name also belongs to object id/);

      // A server that binds another principal than it was told is not believed.
      const named = "pgaadauth_create_principal_with_oid";
      const [row] = await world.service(`SELECT pg_get_functiondef('pg_catalog.${named}'::regproc) AS text`);
      await world.service(
        String(row?.text).replace(
          "create_role(rolename::name, objectid",
          `create_role(rolename::name, '${world.stranger.objectId}'`,
        ),
      );
      const lied = world.inputs(world.identity(), { bindBy: "objectId" });
      assert.match(await world.failure(world.stack().up(lied)), /reading the role back failed[\s\S]*nothing was kept/);
      await world.service(String(row?.text));
      assert.equal(await world.role(lied.roleName), undefined);
    },
  },
  {
    id: "B5",
    fault: "the client id is given for the object id",
    injected: "objectId = the identity's application id",
    seen: "that it is the client id",
    never: "a role that nobody can use",
    level: "check",
    run: async (world) => {
      const identity = world.identity();
      const inputs = world.inputs(identity, { objectId: identity.clientId ?? "" });
      assert.match(await world.failure(world.stack().up(inputs)), /is the client id \(application id\).*object id/);
      assert.equal(world.cutter.connections, 0);
    },
  },
  {
    id: "B6",
    fault: "the principal is of another type",
    injected: "a group bound as a service, and a word that is no type",
    seen: "the server's own words with both types; the allowed words",
    never: "a retry",
    level: "lifecycle",
    run: async (world) => {
      const group = world.identity(undefined, "group");
      const inputs = world.inputs(group, { bindBy: "objectId", clientId: undefined });
      const message = await world.failure(world.stack().up(inputs));
      assert.match(message, /given object type: 'service', actual object type: 'group'/);
      assert.equal(world.cutter.connections, 1);
      const unknown = world.stack().up({ ...inputs, principalType: "ServicePrincipal" });
      assert.match(await world.failure(unknown), /is not one of: service, user, group/);
      await world.converges(world.stack(), { ...inputs, principalType: "group" });
    },
  },
  {
    id: "B7",
    fault: "an object id that is none, or in another spelling",
    injected: "objectId with braces, shortened, empty; in capitals",
    seen: "refused with an example; capitals are the same id",
    never: "a difference at every preview",
    level: "lifecycle",
    run: async (world) => {
      const identity = world.identity();
      for (const objectId of [`{${identity.objectId}}`, identity.objectId.slice(1), "", "orders"]) {
        const refused = world.stack().up(world.inputs(identity, { objectId }));
        assert.match(await world.failure(refused), /is not an object id: a GUID such as/);
      }
      assert.equal(world.cutter.connections, 0);
      const inputs = world.inputs(identity, { objectId: identity.objectId.toUpperCase() });
      const stack = world.stack();
      await world.converges(stack, inputs);
      assert.equal(await stack.preview(world.inputs(identity)), "same");
    },
  },
  {
    id: "B8",
    fault: "the identity has not reached the directory yet, or never will",
    injected: "a replication delay of 3 s; a name that nobody has",
    seen: "what is waited for, how long and how long still; after that, that the name may be wrong",
    never: "success before the role exists; an endless wait for a typing error",
    level: "lifecycle",
    run: async (world) => {
      world.server.directory.replicationDelay = 3;
      const late = world.inputs(world.identity(), { waitSeconds: 30 });
      const stack = world.stack();
      await stack.up(late);
      assert.match(world.output.join("\n"), /waiting for the identity to reach the directory, \d+ s of 30 s/);
      await world.converges(stack, late);
      world.server.directory.replicationDelay = 0;

      const typo = world.inputs(world.identity(), { roleName: "tpyo", waitSeconds: 3 });
      const message = await world.failure(world.stack().up(typo));
      assert.match(
        message,
        /name is not found in the tenant[\s\S]*within 3 s|within 3 s[\s\S]*not found in the tenant/,
      );
      assert.match(message, /letter by letter/);
      assert.ok(world.cutter.connections < 12, `${world.cutter.connections} connections`);
      assert.equal(await world.role("tpyo"), undefined);
    },
  },
  {
    id: "B9",
    fault: "the server may not ask the directory",
    injected: "0LP01 from the functions: twice, then always",
    seen: "the missing permission and the service principal that sovereign clouds lack",
    never: "an endless retry",
    level: "lifecycle",
    run: async (world) => {
      const words = "An unexpected error occurred while trying to validate user";
      const inputs = world.inputs(world.identity());
      await world.server.server.refusePrincipals("0LP01", words, 2);
      await world.converges(world.stack(), inputs);

      const never = world.inputs(world.identity());
      world.cutter.reset();
      await world.server.server.refusePrincipals("0LP01", words, 1000);
      const message = await world.failure(world.stack().up(never));
      assert.match(message, /validate user \(SQLSTATE 0LP01\)[\s\S]*5657e26c-cc92-45d9-bc47-9da6cfdb4ed9/);
      assert.equal(world.cutter.connections, 4);
    },
  },
];
