import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { PrincipalInputs } from "../../../components/principal/inputs.ts";
import type { PrincipalOutputs } from "../../../components/principal/reading.ts";
import { create, diff, read, remove, update } from "../../../components/principal/runtime.ts";
import { GENTLE } from "../../../sandbox/behaviour.ts";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import type { PostgresVersion } from "../../../sandbox/postgres/binaries.ts";
import { CertificateAuthority } from "../../../sandbox/postgres/certificates.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer, temporaryDirectory } from "../../harness/testServer.ts";

// The role's lifecycle against a real server, with a token that the real Azure SDK fetches.
/**
 * The tests of a role's lifecycle on one version of PostgreSQL. Each version has a process of its own, because the credential of the
 * login, and with it the metadata service that it asks, is one for the whole process.
 */
export function testLifecycle(version: PostgresVersion): void {
  /** For what does not depend on PostgreSQL's version: the newest version is enough. */
  const testOnce = version === "18" ? test : () => {};
  let context: TestServer;
  let logOut: (() => Promise<void>) | undefined;
  let identity: Principal;

  before(async () => {
    context = await TestServer.open({ version });
    logOut = await logInAsAdministrator(context);
    identity = context.directory.add({ displayName: "orders", type: "service" });
    await context.server.createDatabase("app");
  });
  after(async () => {
    await logOut?.();
    await context?.close();
  });

  function inputs(changes: Partial<PrincipalInputs> = {}): PrincipalInputs {
    return {
      host: "localhost",
      port: context.server.port,
      database: "postgres",
      adminUser: "admin",
      caCert: context.authority.certificatePem,
      roleName: "orders",
      objectId: identity.objectId,
      principalType: "service",
      isAdmin: false,
      isMfa: false,
      bindBy: "name",
      onConflict: "refuse",
      canLogin: true,
      onDelete: "refuse",
      waitSeconds: 0,
      deadlineSeconds: 30,
      owner: "urn:pulumi:test::orders",
      ...changes,
    };
  }

  /** The state after an operation that made or adopted the role. */
  let state: PrincipalOutputs;

  async function boundTo(role: string): Promise<unknown> {
    const rows = await context.query(
      "admin",
      context.admin,
      `SELECT objectid FROM pgaadauth_list_principals(false) AS p(rolname, t, objectid, n, m, a) WHERE rolname = '${role}'`,
    );
    return rows[0]?.objectid;
  }

  /** The message of what `work` throws; it must hold no token. */
  async function messageOf(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => assert.fail("it was accepted"),
      (thrown: Error) => thrown,
    );
    const shown = `${error.message}\n${error.stack}`;
    assert.ok(!context.tokens.some((token) => shown.includes(token)), "the error holds a token");
    assert.equal(error.stack, "", "a stack helps nobody here");
    return error.message;
  }

  test("create binds a new role to the object id, and the identity can log in", async () => {
    const { outs, id } = await create(inputs());
    state = outs;
    assert.equal(outs.message, 'Created role for "orders"');
    assert.equal(id, "localhost/orders");
    assert.equal(await boundTo("orders"), identity.objectId);
    const rows = await context.query("orders", identity, "SELECT current_user AS who");
    assert.equal(rows[0]?.who, "orders");
  });

  test("the role's comment names the resource that manages it", async () => {
    const [row] = await context.query(
      "admin",
      context.admin,
      "SELECT shobj_description('orders'::regrole, 'pg_authid') AS comment",
    );
    assert.equal(row?.comment, `[entra-postgres owner=urn:pulumi:test::orders instance=${state.instance}]`);
  });

  test("create adopts a role that is already bound to this identity", async () => {
    const earlier = state;
    const { outs } = await create(inputs({ objectId: identity.objectId.toUpperCase() }));
    assert.match(outs.message, /^Adopted role "orders"/);
    assert.notEqual(outs.instance, earlier.instance);
    await remove("id", earlier);
    assert.equal(await boundTo("orders"), identity.objectId, "what the earlier one made belongs to the later one now");
    state = { ...outs, objectId: identity.objectId };
  });

  test("a role that another resource manages is taken over only with onConflict", async () => {
    const theirs = { owner: "urn:pulumi:other::orders" };
    const message = await messageOf(create(inputs(theirs)));
    assert.match(message, /found: +a role that urn:pulumi:test::orders manages/);
    const { outs } = await create(inputs({ ...theirs, onConflict: "rebind" }));
    const seen = (await read("id", state)).props as PrincipalOutputs;
    assert.equal(seen.managedBy, "urn:pulumi:other::orders", "refresh tells the one that lost it");
    const again = (await read("id", seen)).props as PrincipalOutputs;
    assert.equal(again.instance, state.instance, "and a second refresh does not make the other's role its own");
    assert.equal((await diff("id", seen, inputs())).changes, true);
    assert.match(await messageOf(update("id", seen, inputs())), /a role that urn:pulumi:other::orders manages/);
    await remove("id", state);
    assert.equal(await boundTo("orders"), identity.objectId, "and its delete leaves the role alone");
    state = (await update("id", outs, inputs())).outs;
  });

  testOnce("a role of another identity is refused with both object ids", async () => {
    const other = context.directory.add({ displayName: "orders-2", type: "service" });
    const message = await messageOf(create(inputs({ objectId: other.objectId })));
    assert.match(message, new RegExp(`expected: .*${other.objectId}[\\s\\S]*found: .*${identity.objectId}`));
    assert.match(message, /next: .*onConflict/);
    assert.equal(await boundTo("orders"), identity.objectId);
  });

  test("a role without a binding is bound only with onConflict", async () => {
    await context.query("admin", context.admin, "CREATE ROLE legacy NOLOGIN");
    const principal = context.directory.add({ displayName: "legacy", type: "service" });
    const message = await messageOf(create(inputs({ roleName: "legacy", objectId: principal.objectId })));
    assert.match(message, /EP-ROLE-02/);
    assert.equal(await boundTo("legacy"), undefined);

    const { outs } = await create(inputs({ roleName: "legacy", objectId: principal.objectId, onConflict: "rebind" }));
    assert.match(outs.message, /^Rebound role "legacy" from no identity/);
    assert.equal(await boundTo("legacy"), principal.objectId);
    await remove("id", outs);
  });

  for (const duplicateNames of ["oldest", "refused"] as const) {
    for (const refusalTexts of ["older", "newer"] as const) {
      const azure = `duplicate names: ${duplicateNames}, texts: ${refusalTexts}`;
      testOnce(`of identities with one name, each can be bound (${azure})`, async () => {
        await context.server.behave({ duplicateNames, refusalTexts });
        const twins = ["one", "two"].map(() => context.directory.add({ displayName: azure, type: "service" }));
        for (const { objectId } of twins) {
          const { outs } = await create(inputs({ roleName: azure, objectId }));
          assert.equal(outs.message, `Created role for "${azure}"`);
          assert.equal(await boundTo(azure), objectId);
          await remove("", outs);
        }
        await context.server.behave(GENTLE);
      });
    }
  }

  for (const refusalTexts of ["older", "newer"] as const) {
    testOnce(`a name that the server does not find is bound by object id (texts: ${refusalTexts})`, async () => {
      await context.server.behave({ refusalTexts });
      const { objectId } = context.directory.add({ displayName: `${refusalTexts} name`, type: "service" });
      const { outs } = await create(inputs({ roleName: refusalTexts, objectId }));
      assert.equal(await boundTo(refusalTexts), objectId);
      await remove("", outs);
      await context.server.behave(GENTLE);
    });

    testOnce(`a new identity is waited for; an unknown one is an error (texts: ${refusalTexts})`, async () => {
      await context.server.behave({ refusalTexts });
      context.directory.replicationDelay = 1;
      const displayName = `late, ${refusalTexts}`;
      const late = context.directory.add({ displayName, type: "service" });
      const { outs } = await create(inputs({ roleName: displayName, objectId: late.objectId, waitSeconds: 30 }));
      assert.equal(outs.message, `Created role for "${displayName}"`);
      context.directory.replicationDelay = 0;
      const message = await messageOf(create(inputs({ roleName: "tpyo", objectId: randomUUID() })));
      assert.match(message, /validate .*found in the tenant/);
      assert.match(message, /EP-ROLE-14$/);
      await context.server.behave(GENTLE);
    });
  }

  testOnce("the error for a wrong database names the right one", async () => {
    const message = await messageOf(create(inputs({ database: "app" })));
    assert.match(message, /function .*does not exist.*42883/);
    assert.match(message, /next: .*set database to "postgres" instead of "app"/);
  });

  testOnce("the error for a wrong principalType holds the server's message", async () => {
    const group = context.directory.add({ displayName: "team", type: "group" });
    const message = await messageOf(create(inputs({ roleName: "team", objectId: group.objectId, bindBy: "objectId" })));
    assert.match(message, /incorrect object type provided for principal/);
  });

  testOnce("no connection, no trust and no login have a code each", async () => {
    const unreachable = await messageOf(create(inputs({ port: 1, deadlineSeconds: 1 })));
    assert.match(unreachable, /ECONNREFUSED[\s\S]*EP-PG-08/);

    const dir = temporaryDirectory();
    const stranger = await CertificateAuthority.open(dir);
    const unverified = await messageOf(create(inputs({ caCert: stranger.certificatePem })));
    assert.match(unverified, /EP-PG-01/);

    const refused = await messageOf(create(inputs({ adminUser: "orders", roleName: "other" })));
    assert.match(refused, /EP-PG-(04|05)/);
  });

  testOnce("the error of a firewall names the address to add", async () => {
    context.server.setFirewallRules([{ name: "other", startIpAddress: "10.0.0.1", endIpAddress: "10.0.0.1" }]);
    const message = await messageOf(create(inputs({ deadlineSeconds: 3 })));
    context.server.setFirewallRules([{ name: "here", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" }]);
    assert.match(message, /next: +add 127\.0\.0\.1 to allowedAddresses, beside those that[\s\S]*EP-PG-03/);
  });

  test("read returns the role or nothing, and fails when it cannot ask", async () => {
    assert.deepEqual((await read("id", state)).inputs, inputs());
    assert.deepEqual((await read("id", state)).props, state);
    assert.deepEqual(await read("id", { ...state, roleName: "nobody-here", roleOid: "1" }), {});
    await messageOf(read("id", { ...state, port: 1, deadlineSeconds: 1 }));
  });

  /** Changes the role outside Pulumi: read must show it and update must repair it. */
  async function drifts(statements: string, seen: Partial<PrincipalOutputs>, wanted: Partial<PrincipalInputs> = {}) {
    await context.query("admin", context.admin, statements);
    const found = (await read("id", state)).props as PrincipalOutputs;
    for (const [field, value] of Object.entries(seen)) {
      assert.deepEqual(found[field as keyof PrincipalOutputs], value, field);
    }
    const news = inputs(wanted);
    assert.equal((await diff("id", found, news)).changes, true);
    assert.deepEqual((await diff("id", found, news)).replaces, []);
    state = (await update("id", found, news)).outs;
    const after = (await read("id", state)).props as PrincipalOutputs;
    assert.equal((await diff("id", after, news)).changes, false, JSON.stringify(after));
    assert.equal(await boundTo("orders"), identity.objectId);
  }

  test("LOGIN that was revoked is drift, and repaired", async () => {
    await drifts('ALTER ROLE "orders" NOLOGIN', { canLogin: false });
  });

  test("administrator rights that were granted are drift, and revoked", async () => {
    await drifts(
      `SELECT pgaadauth_update_principal_with_oid('orders', '${identity.objectId}', 'service', true, false)`,
      {
        isAdmin: true,
      },
    );
    await drifts('ALTER ROLE "orders" CREATEROLE', { isAdmin: true });
  });

  test("memberOf adds memberships, and what is taken out of it is left; others stay", async () => {
    await context.query("admin", context.admin, "CREATE ROLE readers; CREATE ROLE writers; CREATE ROLE others");
    const wanted = { memberOf: ["readers", "writers"] };
    state = (await update("id", state, inputs(wanted))).outs;
    await context.query("admin", context.admin, 'GRANT others TO "orders"');
    await drifts('REVOKE readers FROM "orders"', { memberOf: ["writers"] }, wanted);
    state = (await update("id", state, inputs({ memberOf: ["writers"] }))).outs;
    const [row] = await context.query(
      "admin",
      context.admin,
      "SELECT array_agg(roleid::regrole::text ORDER BY roleid::regrole::text) AS roles FROM pg_auth_members WHERE member = 'orders'::regrole",
    );
    assert.deepEqual(row?.roles, ["others", "writers"]);
    state = (await update("id", state, inputs())).outs;
    await context.query("admin", context.admin, "DROP ROLE readers; DROP ROLE writers; DROP ROLE others");
  });

  test("a new roleName renames the role in place, and another role's name is refused", async () => {
    const { roleOid } = state;
    await context.query("admin", context.admin, "CREATE ROLE taken");
    assert.match(await messageOf(update("id", state, inputs({ roleName: "taken" }))), /EP-ROLE-20/);
    await context.query("admin", context.admin, "DROP ROLE taken");
    for (const roleName of ["renamed", "orders"]) {
      assert.deepEqual((await diff("id", state, inputs({ roleName }))).replaces, []);
      state = (await update("id", state, inputs({ roleName }))).outs;
      assert.deepEqual([state.roleOid, await boundTo(roleName)], [roleOid, identity.objectId]);
    }
  });

  test("another binding is drift, and repaired", async () => {
    const other = context.directory.add({ displayName: "intruder", type: "service" });
    await drifts(`SELECT pgaadauth_update_principal_with_oid('orders', '${other.objectId}', 'service', false, false)`, {
      boundTo: other.objectId,
    });
  });

  test("an administrator without a binding is bound again, without the rights", async () => {
    const promoted = context.directory.add({ displayName: "promoted", type: "service" });
    const wanted = inputs({ roleName: "promoted", objectId: promoted.objectId, owner: "urn:pulumi:test::promoted" });
    const { id, outs } = await create(wanted);
    // By the service, so that the administrator has no right on it left.
    await context.server.asService(
      `SELECT pgaadauth_update_principal_with_oid('promoted', '${promoted.objectId}', 'service', true, false);
       DELETE FROM pg_shseclabel WHERE objoid = 'promoted'::regrole AND provider = 'pgaadauth'`,
    );
    const updated = await update(id, outs as PrincipalOutputs, wanted);
    assert.equal(await boundTo("promoted"), promoted.objectId);
    const found = await read(id, updated.outs as PrincipalOutputs);
    assert.equal((found.props as PrincipalOutputs).isAdmin, false);
    await remove(id, updated.outs as PrincipalOutputs);
  });

  test("a renamed role keeps its oid and gets its name back", async () => {
    const { roleOid } = state;
    await drifts('ALTER ROLE "orders" RENAME TO "orders-old"', { renamedTo: "orders-old" });
    assert.equal(state.roleOid, roleOid);
  });

  test("update recreates a dropped role", async () => {
    await context.query(
      "admin",
      context.admin,
      'GRANT "orders" TO CURRENT_USER; DROP OWNED BY "orders"; DROP ROLE "orders"',
    );
    const { outs } = await update("id", state, inputs());
    assert.equal(outs.message, 'Created role for "orders"');
    assert.notEqual(outs.roleOid, state.roleOid);
    state = outs;
  });

  test("a new object id keeps grants and tables, and only the new identity logs in", async () => {
    await context.query("admin", context.admin, "GRANT CREATE ON SCHEMA public TO orders", "app");
    await context.query("orders", identity, "CREATE TABLE mine (n int)", "app");
    const rebuilt = context.directory.add({ displayName: "orders-rebuilt", type: "service" });
    state = (await update("id", state, inputs({ objectId: rebuilt.objectId }))).outs;
    assert.equal(await boundTo("orders"), rebuilt.objectId);
    assert.deepEqual(await context.query("orders", rebuilt, "SELECT count(*)::int AS n FROM mine", "app"), [{ n: 0 }]);
    await assert.rejects(context.query("orders", identity, "SELECT 1", "app"));
    identity = rebuilt;
  });

  test("delete lists the objects that the role owns and changes nothing", async () => {
    const message = await messageOf(remove("id", state));
    assert.match(message, /found: +database app: 1 object\(s\): table mine/);
    assert.match(message, /next: +set onDelete to "reassign"/);
    assert.equal(await boundTo("orders"), identity.objectId);
    assert.deepEqual(await context.query("orders", identity, "SELECT count(*)::int AS n FROM mine", "app"), [{ n: 0 }]);
  });

  test("delete with reassign gives objects in every database to an existing role", async () => {
    await context.server.createDatabase("second");
    await context.query("admin", context.admin, "GRANT CREATE ON SCHEMA public TO orders", "second");
    await context.query("orders", identity, "CREATE TABLE also_mine (n int)", "second");
    const reassign = { ...state, onDelete: "reassign" };
    const message = await messageOf(remove("id", { ...reassign, reassignTo: "nobody-here" }));
    assert.match(message, /expected: a role "nobody-here"[\s\S]*found: +no such role/);
    await remove("id", reassign);
    assert.equal(await boundTo("orders"), undefined);
    for (const [database, table] of [
      ["app", "mine"],
      ["second", "also_mine"],
    ]) {
      const rows = await context.query(
        "admin",
        context.admin,
        `SELECT tableowner FROM pg_tables WHERE tablename = '${table}'`,
        database,
      );
      assert.deepEqual(rows, [{ tableowner: "admin" }]);
    }
  });

  test("delete with drop refuses to drop dependent objects of other roles", async () => {
    state = (await create(inputs({ bindBy: "objectId" }))).outs;
    await context.query("admin", context.admin, "GRANT CREATE ON SCHEMA public TO orders", "app");
    await context.query("orders", identity, "CREATE TABLE theirs (n int); GRANT SELECT ON theirs TO admin", "app");
    await context.query("admin", context.admin, "CREATE VIEW built_on_it AS SELECT * FROM theirs", "app");
    const drop = { ...state, onDelete: "drop" };
    const message = await messageOf(remove("id", drop));
    assert.match(message, /2BP01\); .*view built_on_it depends on table theirs/);
    await context.query("admin", context.admin, "DROP VIEW built_on_it", "app");
    await remove("id", drop);
    assert.equal(await boundTo("orders"), undefined);
    assert.deepEqual(
      await context.query("admin", context.admin, "SELECT FROM pg_tables WHERE tablename = 'theirs'", "app"),
      [],
    );
  });

  test("delete with retain keeps the role for another program to adopt", async () => {
    state = (await create(inputs({ bindBy: "objectId" }))).outs;
    await remove("id", { ...state, onDelete: "retain" });
    assert.equal(await boundTo("orders"), identity.objectId);
    const { outs } = await create(inputs({ owner: "urn:pulumi:other::orders" }));
    assert.match(outs.message, /^Adopted/);
    state = outs;
  });

  test("delete revokes everywhere, ends sessions, and succeeds without a role", async () => {
    await context.query(
      "admin",
      context.admin,
      "GRANT CONNECT ON DATABASE app TO orders; GRANT CREATE ON SCHEMA public TO orders",
      "app",
    );
    const open = await context.connect("orders", await context.token(identity), "app");
    await remove("id", state);
    await assert.rejects(open.query("SELECT 1"));
    await open.end().catch(() => {});
    assert.deepEqual(await read("id", state), {});
    await remove("id", state);
  });

  test("a state of an older version can be refreshed and deleted", async () => {
    const { outs } = await create(inputs({ roleName: "orders-rebuilt" }));
    const { canLogin, onDelete, deadlineSeconds, owner, roleOid, instance, ...older } = outs;
    assert.ok(canLogin && onDelete && deadlineSeconds && owner && roleOid && instance);
    await context.query("admin", context.admin, 'COMMENT ON ROLE "orders-rebuilt" IS NULL');
    const { props } = await read("id", older as PrincipalOutputs);
    assert.equal((props as PrincipalOutputs).roleOid, roleOid);
    await remove("id", older as PrincipalOutputs);
    assert.equal(await boundTo("orders-rebuilt"), undefined);
  });

  test("delete refuses a role that is bound to another identity", async () => {
    const { outs } = await create(inputs({ roleName: "orders-rebuilt" }));
    const message = await messageOf(remove("id", { ...outs, objectId: context.admin.objectId }));
    assert.match(message, /EP-ROLE-12/);
    assert.equal(await boundTo("orders-rebuilt"), identity.objectId);
    await remove("id", outs);
  });
}
