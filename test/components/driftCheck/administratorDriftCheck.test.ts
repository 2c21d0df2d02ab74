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
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// The guard against a real server, with a token that the real Azure SDK fetches. One story: each test goes on where the one before ended.
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
    administrators: [{ objectId: context.admin.objectId.toUpperCase(), name: "admin", type: "ServicePrincipal" }],
  };
}
const admin = (sql: string) => context.query("admin", context.admin, sql);
/** What a refresh shows. */
const seen = async () =>
  (await read("localhost", inputs())).props?.administrators as { name: string; objectId: string }[];

test("with those alone who are named, it is content and a refresh finds nothing", async () => {
  const { id, outs } = await create(inputs());
  assert.equal(id, "localhost");
  assert.deepEqual(outs, inputs());
  assert.deepEqual(await read(id, outs), { id, props: inputs(), inputs: inputs() });
});

test("roles that administer nothing do not count", async () => {
  context.directory.add({ displayName: "orders", type: "service" });
  await admin(
    "SELECT pgaadauth_create_principal('orders', false, false); CREATE ROLE readers; GRANT readers TO orders",
  );
  assert.equal((await seen()).length, 1);
});

test("an administrator that was added to the server by hand is seen, and an update refuses and names it", async () => {
  const rogue = context.directory.add({ displayName: "rogue", type: "service" });
  await context.server.addAdministrator({
    principalName: "rogue",
    objectId: rogue.objectId,
    principalType: "ServicePrincipal",
    tenantId: context.directory.tenantId,
  });
  const found = await seen();
  assert.deepEqual(
    found.map(({ name }) => name),
    ["admin", "rogue"],
  );
  const changed = { ...inputs(), administrators: found as AdministratorDriftCheckInputs["administrators"] };
  assert.equal((await diff("localhost", changed, inputs())).changes, true);
  await assert.rejects(update("localhost", changed, inputs()), (error: Error) => {
    assert.match(error.message, /localhost:\d+\/postgres: checking the administrators failed/);
    assert.match(error.message, new RegExp(`also "rogue" \\(object id ${rogue.objectId}\\)`));
    assert.match(error.message, new RegExp(`microsoft-entra-admin delete --object-id ${rogue.objectId}`));
    return true;
  });
  await context.server.removeAdministrator(rogue.objectId);
  assert.equal((await seen()).length, 1);
});

test("one that this update takes away is still there and no reason to refuse; one that was added by hand is", async () => {
  const leaving = context.directory.add({ displayName: "leaving", type: "service" });
  const { objectId } = leaving;
  const both = [...inputs().administrators, { objectId, name: "leaving", type: "ServicePrincipal" }];
  await context.server.addAdministrator({
    ...{ principalName: "leaving", objectId },
    ...{ principalType: "ServicePrincipal", tenantId: context.directory.tenantId },
  });
  await update("localhost", { ...inputs(), administrators: both }, inputs());
  const found = (await read("localhost", inputs())).props as AdministratorDriftCheckInputs;
  await assert.rejects(update("localhost", found, inputs()), /also "leaving"/);
  // A refresh of what a refresh took over says the same.
  assert.deepEqual((await read("localhost", found)).props, found);
  await context.server.removeAdministrator(objectId);
  assert.deepEqual((await read("localhost", found)).props, inputs());
});

test("one that was made inside the database is seen, too", async () => {
  context.directory.add({ displayName: "inside", type: "service" });
  await admin("SELECT pgaadauth_create_principal('inside', true, false)");
  await assert.rejects(create(inputs()), /also "inside" \(object id /);
  await admin(
    "SELECT pgaadauth_update_principal_with_oid('inside', objectid, 'service', false, false) FROM pgaadauth_list_principals(false) AS p(rolname, type, objectid, tenantid, ismfa, isadmin) WHERE rolname = 'inside'",
  );
  await create(inputs());
});

test("so is a role of nobody's that logs in and was given azure_pg_admin", async () => {
  await admin("CREATE ROLE nobody LOGIN; GRANT azure_pg_admin TO nobody");
  await assert.rejects(
    create(inputs()),
    /also "nobody" \(bound to no identity\)[\s\S]*REVOKE azure_pg_admin FROM "nobody";/,
  );
  await admin("ALTER ROLE nobody NOLOGIN");
  await create(inputs());
});

test("a server that cannot be reached is an error, never a list without others", async () => {
  await assert.rejects(read("localhost", { ...inputs(), port: 1, deadlineSeconds: 1 }), /EP-PG-08/);
});

test("no administrator at all is refused in the check, and another server is another guard", async () => {
  assert.equal((await check(inputs(), { ...inputs(), administrators: [] })).failures[0]?.property, "administrators");
  assert.deepEqual((await check(inputs(), inputs())).failures, []);
  const elsewhere = await diff("localhost", inputs(), { ...inputs(), host: "elsewhere" });
  assert.deepEqual(elsewhere.replaces, ["host"]);
  assert.equal((await diff("localhost", inputs(), inputs())).changes, false);
});
