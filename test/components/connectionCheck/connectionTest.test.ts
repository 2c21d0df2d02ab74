import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type ConnectionTestSettings,
  connectionTestScript,
  triedRights,
} from "../../../components/connectionCheck/connectionTest.ts";
import { readReceipt } from "../../../components/connectionCheck/receipt.ts";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { CertificateAuthority } from "../../../sandbox/postgres/certificates.ts";
import { VirtualMachine } from "../../../sandbox/vm/virtualMachine.ts";
import { TestServer, temporaryDirectory } from "../../harness/testServer.ts";

// The script that ConnectionCheck runs, on a VM of the sandbox, against a real server.
let context: TestServer;
let machine: VirtualMachine;
let identity: Principal;

before(async () => {
  context = await TestServer.open();
  identity = context.directory.add({ displayName: "orders", type: "service" });
  await context.server.createDatabase("app");
  await context.query("admin", context.admin, "SELECT pgaadauth_create_principal('orders', false, false)");
  const dir = join(context.dir, "vm");
  mkdirSync(dir);
  machine = await VirtualMachine.start({
    name: "vm",
    dir,
    issuer: context.issuer,
    identities: () => [{ principal: identity, kind: "system" }],
    address: "127.0.0.1",
    sshPort: 0,
    adminUsername: "azureuser",
    authorizedKeys: [],
  });
});
after(async () => {
  await machine?.stop();
  await context?.close();
});

function settings(changes: Partial<ConnectionTestSettings> = {}): ConnectionTestSettings {
  return {
    clientId: identity.clientId ?? "",
    objectId: identity.objectId,
    tokenResource: POSTGRES_RESOURCE,
    host: "localhost",
    port: context.server.port,
    database: "app",
    user: "orders",
    caCert: context.authority.certificatePem,
    ...changes,
  };
}

async function prove(changes: Partial<ConnectionTestSettings> = {}, prefix = "") {
  const result = await machine.run(`${prefix}\n${connectionTestScript(settings(changes))}`, { timeoutSeconds: 60 });
  const printed = result.stdout + result.stderr;
  assert.ok(!context.tokens.some((token) => printed.includes(token)), "the output holds a token");
  return result;
}

test("the receipt shows the login, the token and the TLS version", async () => {
  const { exitCode, stdout, stderr } = await prove();
  assert.equal(exitCode, 0, stderr);
  const receipt = readReceipt(stdout, {
    user: "orders",
    objectId: identity.objectId,
    clientId: identity.clientId ?? "",
    tried: [],
  });
  assert.equal(receipt.database, "app");
  assert.equal(receipt.isAdmin, false);
  assert.match(receipt.tlsVersion, /^TLSv1\.[23]$/);
  assert.match(receipt.serverVersion, /^18/);
  assert.ok(receipt.tokenSecondsLeft > 80_000 && receipt.tokenSecondsLeft <= 86_400);
});

test("the receipt shows that a role can administer the server", async () => {
  await context.query("admin", context.admin, "ALTER ROLE orders CREATEDB");
  const { stdout } = await prove();
  await context.query("admin", context.admin, "ALTER ROLE orders NOCREATEDB");
  assert.throws(
    () =>
      readReceipt(stdout, {
        user: "orders",
        objectId: identity.objectId,
        clientId: identity.clientId ?? "",
        tried: [],
      }),
    /can administer the server/,
  );
});

test("the login ignores libpq's variables of the machine", async () => {
  const shell =
    "export PGOPTIONS='-c role=nobody' PGHOSTADDR=192.0.2.1 PGSSLNEGOTIATION=direct PGSERVICE=none PGREQUIREAUTH=none";
  const { exitCode, stderr } = await prove({}, shell);
  assert.equal(exitCode, 0, stderr);
});

test("a server that cannot be reached ends with exit code 12", async () => {
  const { exitCode, stderr } = await prove({ port: 1 });
  assert.equal(exitCode, 12);
  assert.match(stderr, /localhost:1 cannot be reached[\s\S]*next: check that it is started/);
});

test("a firewall that does not allow the VM ends with exit code 12", async () => {
  context.server.setFirewallRules([{ name: "other", startIpAddress: "10.0.0.1", endIpAddress: "10.0.0.1" }]);
  const { exitCode, stderr } = await prove();
  context.server.setFirewallRules([{ name: "here", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" }]);
  assert.equal(exitCode, 12);
  assert.match(stderr, /firewall does not allow this VM[\s\S]*EP-CHECK-05/);
});

test("an unverified certificate ends with exit code 13 and sends no token", async () => {
  const stranger = await CertificateAuthority.open(temporaryDirectory());
  const before = context.lines.length;
  const { exitCode, stderr } = await prove({ caCert: stranger.certificatePem });
  assert.equal(exitCode, 13);
  assert.match(stderr, /TLS certificate cannot be verified for localhost/);
  assert.deepEqual(
    context.lines.slice(before).filter((line) => line.includes("refused")),
    [],
    "a login reached the server",
  );
});

test("a refused token ends with exit code 14 and the server's words", async () => {
  const { exitCode, stderr } = await prove({ user: "admin" });
  assert.equal(exitCode, 14);
  assert.match(stderr, /refused the identity's token for role admin[\s\S]*FATAL/);
});

test("an identity that is not assigned to the VM ends with exit code 11", async () => {
  const { exitCode, stderr } = await prove({ clientId: "00000000-0000-0000-0000-000000000000" });
  assert.equal(exitCode, 11);
  assert.match(stderr, /gave no token: Identity not found/);
});

test("the token is asked for the resource of the deployment's cloud", async () => {
  // The sandbox's tenant is one of the public cloud, and names what it does not know.
  const tokenResource = "https://ossrdbms-aad.database.usgovcloudapi.net";
  const { exitCode, stderr } = await prove({ tokenResource });
  assert.equal(exitCode, 11);
  assert.ok(stderr.includes(`The resource principal named ${tokenResource} was not found`), stderr);
});

test("a missing tool is named with the command that installs it", async () => {
  const { exitCode, stderr } = await prove(
    {},
    'mkdir -p "$HOME/bin"; for t in bash date printf curl; do ln -sf "$(command -v $t)" "$HOME/bin/"; done; PATH="$HOME/bin"',
  );
  assert.equal(exitCode, 10);
  assert.match(stderr, /jq is not installed[\s\S]*apt-get install -y curl jq postgresql-client/);
});

/** What Azure keeps of each stream of a run command. */
const KEPT_BYTES = 4096;
const FOREIGN = Array.from({ length: 120 }, (_, index) => `foreign_schema_of_another_application_${index}`);

test("the receipt of many databases fits what Azure keeps of a run command", async () => {
  const name = "a_database_of_another_application_with_a_name_of_60_letters_";
  await context.server.createDatabase(name);
  await context.server.asService(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
  const foreignDatabases = Array.from({ length: 50 }, () => name);
  const { exitCode, stdout, stderr } = await prove({ foreignDatabases });
  assert.equal(exitCode, 0, stderr);
  assert.ok(Buffer.byteLength(stdout) < KEPT_BYTES, `${Buffer.byteLength(stdout)} bytes`);
  const { objectId, clientId = "" } = identity;
  const receipt = readReceipt(stdout, { user: "orders", objectId, clientId, tried: triedRights({ foreignDatabases }) });
  assert.equal(receipt.denied.length, 50);
});

test("a failure of many rights fits as well, with its code and the next step", async () => {
  const access = { profile: "reader", schema: "missing", foreignSchemas: FOREIGN };
  const { exitCode, stderr } = await prove({ access });
  assert.equal(exitCode, 16);
  assert.ok(Buffer.byteLength(stderr) < KEPT_BYTES, `${Buffer.byteLength(stderr)} bytes`);
  assert.match(stderr, /rights of role orders[\s\S]*and \d+ more\n[\s\S]*next: [\s\S]*code: EP-CHECK-01\n$/);
});
