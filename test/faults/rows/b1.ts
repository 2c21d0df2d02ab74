import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Rows } from "../row.ts";

export const rows: Rows = {
  B1: async (context) => {
    const [old, fresh] = [context.identity("twice"), context.identity("twice")];
    await context.sql(
      `SELECT pgaadauth_create_principal_with_oid('twice', '${old.objectId}', 'service', false, false)`,
    );
    const stack = context.stack();
    const message = await context.failure(stack.up(context.inputs(fresh)));
    assert.match(
      message,
      new RegExp(`expected: .*${fresh.objectId}[\\s\\S]*found: .*${old.objectId}[\\s\\S]*onConflict`),
    );
    assert.equal(await context.boundTo("twice"), old.objectId);
    assert.equal(stack.state, undefined);
    await context.converges(stack, context.inputs(fresh, { onConflict: "rebind" }));
    await assert.rejects(context.login(old, "twice"));
  },

  B2: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity);
    await context.service(`CREATE ROLE "${inputs.roleName}" LOGIN PASSWORD 'old'`);
    const stack = context.stack();
    assert.match(await context.failure(stack.up(inputs)), /without an Entra identity[\s\S]*onConflict to "rebind"/);
    assert.equal(await context.boundTo(inputs.roleName), undefined);
    await context.service(`GRANT "${inputs.roleName}" TO azure_pg_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    const taken = { ...inputs, onConflict: "rebind" };
    await context.converges(stack, taken);
    const [row] = await context.service(`SELECT rolpassword FROM pg_authid WHERE rolname = '${inputs.roleName}'`);
    assert.equal(row?.rolpassword, null, "the password is left on it");
  },

  B3: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity);
    await context.sql(`SELECT pgaadauth_create_principal('${inputs.roleName}', true, false)`);
    const stack = context.stack();
    assert.match(await context.failure(stack.up(inputs)), /expected: isAdmin false[\s\S]*found: +isAdmin true/);
    assert.ok((await context.role(inputs.roleName))?.createRole);
    await context.converges(stack, { ...inputs, isAdmin: true });
    assert.equal(await stack.preview(inputs), "update");
    await context.converges(stack, inputs);
  },

  B4: async (context) => {
    const name = context.identity().displayName;
    const twins = [context.identity(name), context.identity(name)];
    for (const duplicateNames of ["refused", "oldest"] as const) {
      await context.server.server.behave({ duplicateNames });
      for (const twin of twins) {
        const stack = context.stack();
        await context.converges(stack, context.inputs(twin));
        assert.equal(await context.boundTo(name), twin.objectId);
        await stack.destroy();
      }
    }
    assert.match(context.output.join("\n"), /not unique in the tenant.*; bound by object id instead/);
    assert.match(context.output.join("\n"), /the name also belongs to object id/);

    // A server that binds another principal than requested is detected.
    const named = "pgaadauth_create_principal_with_oid";
    const [row] = await context.service(`SELECT pg_get_functiondef('pg_catalog.${named}'::regproc) AS text`);
    await context.service(
      String(row?.text).replace(
        "create_role(rolename::name, objectid",
        `create_role(rolename::name, '${context.stranger.objectId}'`,
      ),
    );
    const lied = context.inputs(context.identity(), { bindBy: "objectId" });
    assert.match(await context.failure(context.stack().up(lied)), /reading the role back failed[\s\S]*EP-ROLE-06/);
    await context.service(String(row?.text));
    assert.equal(await context.role(lied.roleName), undefined);
  },

  B5: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity, { objectId: identity.clientId ?? "" });
    assert.match(await context.failure(context.stack().up(inputs)), /is the client id \(application id\).*object id/);
    assert.equal(context.cutter.connections, 0);
  },

  B6: async (context) => {
    const group = context.identity(undefined, "group");
    const inputs = context.inputs(group, { bindBy: "objectId", clientId: undefined });
    const message = await context.failure(context.stack().up(inputs));
    assert.match(message, /given object type: 'service', actual object type: 'group'/);
    assert.equal(context.cutter.connections, 1);
    const unknown = context.stack().up({ ...inputs, principalType: "ServicePrincipal" });
    assert.match(await context.failure(unknown), /is not one of: service, user, group/);
    await context.converges(context.stack(), { ...inputs, principalType: "group" });
  },

  B7: async (context) => {
    const identity = context.identity();
    for (const objectId of [`{${identity.objectId}}`, identity.objectId.slice(1), "", "orders"]) {
      const refused = context.stack().up(context.inputs(identity, { objectId }));
      assert.match(await context.failure(refused), /is not an object id: a GUID such as/);
    }
    assert.equal(context.cutter.connections, 0);
    const inputs = context.inputs(identity, { objectId: identity.objectId.toUpperCase() });
    const stack = context.stack();
    await context.converges(stack, inputs);
    assert.equal(await stack.preview(context.inputs(identity)), "same");
  },

  B8: async (context) => {
    context.server.directory.replicationDelay = 3;
    const late = context.inputs(context.identity(), { waitSeconds: 30 });
    const stack = context.stack();
    await stack.up(late);
    assert.match(context.output.join("\n"), /waiting for the identity to reach the directory, \d+ s of 30 s/);
    await context.converges(stack, late);
    context.server.directory.replicationDelay = 0;

    const unknown = {
      ...context.inputs(context.identity(), { waitSeconds: 3 }),
      objectId: randomUUID(),
      roleName: "tpyo",
    };
    const message = await context.failure(context.stack().up(unknown));
    assert.match(message, /within 3 s[\s\S]*not found in the tenant/);
    assert.match(message, /letter by letter/);
    assert.ok(context.cutter.connections < 12, `${context.cutter.connections} connections`);
    assert.equal(await context.role("tpyo"), undefined);
  },

  B9: async (context) => {
    const words = "An unexpected error occurred while trying to validate user";
    const inputs = context.inputs(context.identity());
    await context.server.server.refusePrincipals("0LP01", words, 2);
    await context.converges(context.stack(), inputs);

    const never = context.inputs(context.identity());
    context.cutter.reset();
    await context.server.server.refusePrincipals("0LP01", words, 1000);
    const message = await context.failure(context.stack().up(never));
    assert.match(message, /validate user \(SQLSTATE 0LP01\)[\s\S]*5657e26c-cc92-45d9-bc47-9da6cfdb4ed9/);
    assert.equal(context.cutter.connections, 4);
  },
};
