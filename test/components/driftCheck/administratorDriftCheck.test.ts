import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type AdministratorDriftCheckInputs,
  check,
  create,
  diff,
  read,
  update,
} from "../../../components/driftCheck/administratorDriftCheckRuntime.ts";
import { GENTLE } from "../../../sandbox/behaviour.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// The check against a real server, with a token that the real Azure SDK fetches. Each test restores the server's administrators.
let context: TestServer;
let logOut: (() => Promise<void>) | undefined;

before(async () => {
  context = await TestServer.open();
  logOut = await logInAsAdministrator(context);
});
after(async () => {
  await logOut?.();
  await context?.close();
});

function inputs(): AdministratorDriftCheckInputs {
  return {
    host: "localhost",
    port: context.server.port,
    database: "postgres",
    adminUser: "admin",
    caCert: context.authority.certificatePem,
    deadlineSeconds: 30,
    drift: {},
    administrators: [{ objectId: context.admin.objectId.toUpperCase(), name: "admin", type: "ServicePrincipal" }],
  };
}
const admin = (sql: string) => context.query("admin", context.admin, sql);
/** What a refresh shows. */
const drift = async (props = inputs()) => ((await read("localhost", props)).props as typeof props).drift;

async function addAdministrator(name: string): Promise<string> {
  const { objectId } = context.directory.add({ displayName: name, type: "service" });
  const { tenantId } = context.directory;
  await context.server.addAdministrator({ principalName: name, objectId, principalType: "ServicePrincipal", tenantId });
  return objectId;
}

test("a server with only declared administrators passes, and a refresh shows no drift", async () => {
  const { id, outs } = await create(inputs());
  assert.equal(id, "localhost");
  assert.deepEqual(outs, inputs());
  assert.deepEqual(await read(id, outs), { id, props: inputs(), inputs: inputs() });
});

test("roles that are no administrators are not drift", async () => {
  context.directory.add({ displayName: "orders", type: "service" });
  await admin(
    "SELECT pgaadauth_create_principal('orders', false, false); CREATE ROLE readers; GRANT readers TO orders",
  );
  assert.deepEqual(await drift(), {});
});

test("an administrator that was added outside Pulumi shows as drift, and an update refuses", async () => {
  const objectId = await addAdministrator("rogue");
  assert.deepEqual(await drift(), { rogue: `not declared: object id ${objectId}` });
  const changed = { ...inputs(), drift: await drift() };
  assert.equal((await diff("localhost", changed, inputs())).changes, true);
  await assert.rejects(update("localhost", changed, inputs()), (error: Error) => {
    assert.match(error.message, /localhost:\d+\/postgres: checking the administrators failed/);
    assert.match(error.message, new RegExp(`also "rogue" \\(object id ${objectId}\\)`));
    assert.match(error.message, new RegExp(`microsoft-entra-admin delete --object-id ${objectId}`));
    return true;
  });
  // A refresh of what a refresh found shows the same.
  assert.deepEqual(await drift(changed), changed.drift);
  await context.server.removeAdministrator(objectId);
  assert.deepEqual(await drift(changed), {});
});

test("an administrator that the update removes is not refused", async () => {
  const objectId = await addAdministrator("leaving");
  const both = [...inputs().administrators, { objectId, name: "leaving", type: "ServicePrincipal" as const }];
  await update("localhost", { ...inputs(), administrators: both }, inputs());
  await assert.rejects(update("localhost", inputs(), inputs()), /also "leaving"/);
  await context.server.removeAdministrator(objectId);
});

test("a declared administrator that is missing shows as drift", async () => {
  const objectId = "11111111-2222-3333-4444-555555555555";
  const administrators = [...inputs().administrators, { objectId, name: "gone", type: "User" as const }];
  assert.deepEqual(await drift({ ...inputs(), administrators }), {
    gone: "declared, but not an administrator of the server",
  });
});

test("an administrator that was created inside the database is refused", async () => {
  context.directory.add({ displayName: "inside", type: "service" });
  await admin("SELECT pgaadauth_create_principal('inside', true, false)");
  await assert.rejects(create(inputs()), /also "inside" \(object id /);
  await admin(
    "SELECT pgaadauth_update_principal_with_oid('inside', objectid, 'service', false, false) FROM pgaadauth_list_principals(false) AS p(rolname, type, objectid, tenantid, ismfa, isadmin) WHERE rolname = 'inside'",
  );
  await create(inputs());
});

test("a principal that joined azure_pg_admin inside the database is refused", async () => {
  const { objectId } = context.directory.add({ displayName: "joined", type: "service" });
  // Otherwise azure_pg_admin is a member of the role, and cannot be granted to it.
  await context.server.behave({ adminOption: "creator" });
  await admin("SELECT pgaadauth_create_principal('joined', false, false); GRANT azure_pg_admin TO joined");
  await assert.rejects(create(inputs()), new RegExp(`also "joined" \\(object id ${objectId}\\)[\\s\\S]*EP-DRIFT-01`));
  await admin("REVOKE azure_pg_admin FROM joined");
  await create(inputs());
  await context.server.behave(GENTLE);
});

test("a role of no principal in azure_pg_admin is a warning and no drift", async (t) => {
  const print = t.mock.method(console, "log", () => {});
  // As Azure would make a role of its own.
  await context.server.asService("CREATE ROLE support LOGIN; GRANT azure_pg_admin TO support");
  const { outs } = await create(inputs());
  const lines = print.mock.calls.map((call) => String(call.arguments[0]));
  assert.equal(lines.length, 1, lines.join());
  assert.match(lines[0] ?? "", /warning: the role "support" .* REVOKE azure_pg_admin FROM "support";$/);
  assert.deepEqual(await drift(outs), {});
  await context.server.asService("DROP ROLE support");
  await create(inputs());
  assert.equal(print.mock.callCount(), 2, "the check and the refresh");
});

test("a server that cannot be reached is an error", async () => {
  await assert.rejects(read("localhost", { ...inputs(), port: 1, deadlineSeconds: 1 }), /EP-PG-08/);
});

test("an empty list is refused, and only another server replaces the check", async () => {
  assert.equal((await check(inputs(), { ...inputs(), administrators: [] })).failures[0]?.property, "administrators");
  assert.deepEqual((await check(inputs(), inputs())).failures, []);
  const elsewhere = await diff("localhost", inputs(), { ...inputs(), host: "elsewhere" });
  assert.deepEqual(elsewhere.replaces, ["host"]);
  assert.equal((await diff("localhost", inputs(), inputs())).changes, false);
});
