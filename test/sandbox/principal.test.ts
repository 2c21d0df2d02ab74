import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import { create, read, remove, update } from "../../components/principal/runtime.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { CertificateAuthority } from "../../sandbox/postgres/certificates.ts";
import { TestServer, temporaryDirectory } from "./testServer.ts";

// The role's lifecycle against a real server, with a token that the real Azure SDK fetches.
let world: TestServer;
let imds: Imds;
let identity: Principal;
const environment = { ...process.env };

before(async () => {
  world = await TestServer.open();
  imds = await Imds.start({ issuer: world.issuer, identities: () => [{ principal: world.admin, kind: "user" }] });
  Object.assign(process.env, {
    AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url,
    AZURE_CLIENT_ID: world.admin.clientId,
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    NO_PROXY: "127.0.0.1,localhost",
  });
  for (const name of ["ARM_USE_OIDC", "ARM_CLIENT_SECRET", "ARM_USE_MSI"]) {
    delete process.env[name];
  }
  identity = world.directory.add({ displayName: "orders", type: "service" });
});
after(async () => {
  process.env = environment;
  await imds?.close();
  await world?.close();
});

function inputs(changes: Partial<PrincipalInputs> = {}): PrincipalInputs {
  return {
    host: "localhost",
    port: world.server.port,
    database: "postgres",
    adminUser: "admin",
    caCert: world.authority.certificatePem,
    roleName: "orders",
    objectId: identity.objectId,
    principalType: "service",
    isAdmin: false,
    isMfa: false,
    bindBy: "name",
    onConflict: "refuse",
    waitSeconds: 0,
    ...changes,
  };
}

async function boundTo(role: string): Promise<unknown> {
  const rows = await world.query(
    "admin",
    world.admin,
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
  assert.ok(!world.tokens.some((token) => shown.includes(token)), "the error holds a token");
  assert.equal(error.stack, "", "a stack helps nobody here");
  return error.message;
}

test("create makes the role, binds it to the object id, and the identity can log in", async () => {
  const { outs, id } = await create(inputs());
  assert.equal(outs.message, 'Created role for "orders"');
  assert.equal(id, "localhost/orders");
  assert.equal(await boundTo("orders"), identity.objectId);
  const rows = await world.query("orders", identity, "SELECT current_user AS who");
  assert.equal(rows[0]?.who, "orders");
});

test("create adopts the role when it is bound to this identity already", async () => {
  const { outs } = await create(inputs({ objectId: identity.objectId.toUpperCase() }));
  assert.match(outs.message, /^Adopted role "orders"/);
});

test("a role that is bound to another identity is refused, with both object ids", async () => {
  const other = world.directory.add({ displayName: "orders-2", type: "service" });
  const message = await messageOf(create(inputs({ objectId: other.objectId })));
  assert.match(message, new RegExp(`expected: .*${other.objectId}[\\s\\S]*found: .*${identity.objectId}`));
  assert.match(message, /next: .*onConflict/);
  assert.equal(await boundTo("orders"), identity.objectId);
});

test("a role without a binding is never converted", async () => {
  await world.query("admin", world.admin, "CREATE ROLE legacy NOLOGIN");
  const principal = world.directory.add({ displayName: "legacy", type: "service" });
  const message = await messageOf(create(inputs({ roleName: "legacy", objectId: principal.objectId })));
  assert.match(message, /bound to no Entra identity/);
  assert.equal(await boundTo("legacy"), undefined);
});

test("of two identities with one name, the one whose object id was given is bound", async () => {
  world.directory.add({ displayName: "twin", type: "service" });
  const second = world.directory.add({ displayName: "twin", type: "service" });
  world.directory.add({ displayName: "twin", type: "service" });
  for (const wanted of world.directory.findByName("twin")) {
    const given = inputs({ roleName: "twin", objectId: wanted.objectId });
    const { outs } = await create(given);
    assert.equal(await boundTo("twin"), wanted.objectId);
    await remove("", outs);
  }
  assert.ok(second);
});

test("an identity that has not reached the directory yet is waited for; one that never comes is explained", async () => {
  world.directory.replicationDelay = 1;
  const late = world.directory.add({ displayName: "late", type: "service" });
  const { outs } = await create(inputs({ roleName: "late", objectId: late.objectId, waitSeconds: 30 }));
  assert.equal(outs.message, 'Created role for "late"');
  world.directory.replicationDelay = 0;
  const message = await messageOf(create(inputs({ roleName: "tpyo", objectId: late.objectId })));
  assert.match(message, /Could not validate AAD user .* because its name is not found in the tenant/);
  assert.match(message, /next: +compare the name/);
});

test("the wrong database is named, and the right one", async () => {
  await world.server.createDatabase("app");
  const message = await messageOf(create(inputs({ database: "app" })));
  assert.match(message, /function .*does not exist.*42883/);
  assert.match(message, /next: .*set database to "postgres" instead of "app"/);
});

test("a wrong type keeps the server's words", async () => {
  const group = world.directory.add({ displayName: "team", type: "group" });
  const message = await messageOf(create(inputs({ roleName: "team", objectId: group.objectId, bindBy: "objectId" })));
  assert.match(message, /incorrect object type provided for principal/);
});

test("a server out of reach, one whose certificate cannot be verified, and a refused token are three messages", async () => {
  const unreachable = await messageOf(create(inputs({ port: 1 })));
  assert.match(unreachable, /reaching the database server failed[\s\S]*ECONNREFUSED/);

  const dir = temporaryDirectory();
  const stranger = await CertificateAuthority.open(dir);
  const unverified = await messageOf(create(inputs({ caCert: stranger.certificatePem })));
  assert.match(unverified, /verifying the server's TLS certificate failed/);

  const refused = await messageOf(create(inputs({ adminUser: "orders", roleName: "other" })));
  assert.match(refused, /logging in as the Entra administrator "orders" failed/);
});

test("a server whose firewall does not let this address in says which address to add", async () => {
  world.server.setFirewallRules([{ name: "other", startIpAddress: "10.0.0.1", endIpAddress: "10.0.0.1" }]);
  const message = await messageOf(create(inputs()));
  world.server.setFirewallRules([{ name: "here", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" }]);
  assert.match(
    message,
    /passing the server's firewall failed[\s\S]*next: +pulumi config set --path 'allowedAddresses\[0\]' 127\.0\.0\.1/,
  );
});

test("read tells the truth: as it is, dropped, rebound by hand; and failing to ask is an error", async () => {
  const outs = { ...inputs(), message: "m" };
  assert.deepEqual((await read("id", outs)).inputs, inputs());
  assert.deepEqual(await read("id", { ...outs, roleName: "nobody-here" }), {});
  await messageOf(read("id", { ...outs, port: 1 }));
});

test("a new identity takes the role's place: grants and tables stay, the new one logs in and the old one does not", async () => {
  await world.query("admin", world.admin, "GRANT CREATE ON SCHEMA public TO orders", "app");
  await world.query("orders", identity, "CREATE TABLE mine (n int)", "app");
  const rebuilt = world.directory.add({ displayName: "orders-rebuilt", type: "service" });
  const olds = { ...inputs(), message: "m" };
  await update("id", olds, inputs({ objectId: rebuilt.objectId }));
  assert.equal(await boundTo("orders"), rebuilt.objectId);
  assert.deepEqual(await world.query("orders", rebuilt, "SELECT count(*)::int AS n FROM mine", "app"), [{ n: 0 }]);
  await assert.rejects(world.query("orders", identity, "SELECT 1", "app"));

  const after = (await read("id", { ...olds })).inputs as PrincipalInputs;
  assert.equal(after.objectId, rebuilt.objectId, "refresh sees the other binding");
  identity = rebuilt;
});

test("delete refuses while the role owns objects, and says in which database", async () => {
  const message = await messageOf(remove("id", { ...inputs(), message: "m" }));
  assert.match(message, /found: +1 object\(s\) in database app/);
  assert.match(message, /REASSIGN OWNED BY "orders"/);
  assert.equal(await boundTo("orders"), identity.objectId);
});

test("delete revokes everywhere, ends open sessions, drops the role, and is content when it is gone", async () => {
  await world.query("orders", identity, "DROP TABLE mine", "app");
  const open = await world.connect("orders", await world.token(identity), "app");
  const outs = { ...inputs(), message: "m" };
  await remove("id", outs);
  await assert.rejects(open.query("SELECT 1"));
  await open.end().catch(() => {});
  assert.deepEqual(await read("id", outs), {});
  await remove("id", outs);
});

test("delete leaves a role alone that is bound to somebody else by now", async () => {
  const { outs } = await create(inputs({ roleName: "orders-rebuilt" }));
  const message = await messageOf(remove("id", { ...outs, objectId: world.admin.objectId }));
  assert.match(message, /somebody else's by now/);
  assert.equal(await boundTo("orders-rebuilt"), identity.objectId);
  await remove("id", outs);
});
