import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Program } from "../../tools/harness/program.ts";
import { findSecrets } from "../harness/leakScan.ts";

// One story on one sandbox: each test goes on where the one before ended.
let program: Program;
before(async () => {
  program = await Program.start();
  program.configure(ONE_APP);
  await program.init("sandbox");
});
after(() => program?.stop());

/** One application that acts as itself, as the article's does. */
const ONE_APP = { apps: [{ name: "app", profile: "writer", vmName: "sandbox-vm" }] };
const UP = ["up", "--yes", "--skip-preview", "--non-interactive"];
const UNCHANGED = ["preview", "--expect-no-changes", "--non-interactive"];
/** What the stack says of its one application. */
const outputs = async () => {
  const { receipts, connections } = await program.outputs();
  return { receipt: receipts.app ?? {}, connection: connections.app ?? {} };
};
const succeed = async (args: string[], env = {}) => {
  const { exitCode, text } = await program.pulumi(args, env);
  assert.equal(exitCode, 0, text);
  return text;
};

/** PostgreSQL's own log. */
const postgresLog = () =>
  readdirSync(program.dir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("postgres.log"))
    .map((file) => readFileSync(join(program.dir, file), "utf8"))
    .join("\n");
const untilLogged = async (text: string) => {
  while (!postgresLog().includes(text)) await delay(200);
};

/** What the tests compare before and after the VM is rebuilt. */
let firstObjectId: unknown;
let firstToken: string;
let vmUrn: string;
/** The server's ARM id, by which a destroy asks whether it is gone. */
let serverId: string;

test("a first preview shows the plan and connects to no database", async () => {
  const tokens = program.tokens.length;
  const text = await succeed(["preview", "--non-interactive"]);
  assert.match(text, /EntraPrincipal app create/);
  assert.equal(program.sandbox.azure.servers().size, 0);
  assert.ok(program.tokens.length > tokens, "the deployer's claims come from a token");
});

test("up creates everything and the VM proves its login as the identity", async () => {
  // Entra takes a moment to tell the server of a new identity; what that costs is to be seen.
  const { directory } = program.sandbox;
  directory.replicationDelay = 3600;
  const update = succeed([...UP, "--logtostderr", "-v=9"], { AZURE_LOG_LEVEL: "verbose" });
  await Promise.race([update, untilLogged("its name is not found in the tenant")]);
  directory.replicationDelay = 0;
  directory.replicate();
  const text = await update;
  const { receipt, connection } = await outputs();
  assert.equal(receipt.createdRole, 'Created role for "sandbox-vm"');
  assert.equal(receipt.sessionUser, "sandbox-vm");
  assert.equal(receipt.currentUser, "sandbox-vm");
  assert.equal(receipt.isAdmin, false);
  assert.match(String(receipt.tlsVersion), /^TLSv1\.[23]$/);
  assert.match(String(receipt.serverVersion), /^18\./);
  assert.ok(Number(receipt.tokenSecondsLeft) > 0);
  const [principal] = program.sandbox.directory.findByName("sandbox-vm");
  assert.equal(receipt.objectId, principal?.objectId);
  assert.equal(receipt.clientId, principal?.clientId);
  assert.equal(connection.user, "sandbox-vm");
  assert.match(text, /role "sandbox-vm" on .*: waiting for the identity to reach the directory, 0 s of 180 s/);
  firstObjectId = receipt.objectId;
  const resources = await program.resources();
  vmUrn = resources.find(({ type }) => type === "azure-native:compute:VirtualMachine")?.urn ?? "";
  serverId = resources.find(({ type }) => type === "azure-native:dbforpostgresql:Server")?.id ?? "";
  assert.deepEqual(await program.askAzure(serverId), [200]);

  assert.deepEqual(findSecrets(text, program.tokens), [], "the console at -v=9 holds a token");
});

test("no token and no password is in the state; a planted token would be found", async () => {
  const state = readFileSync(program.stateFile, "utf8");
  assert.deepEqual(findSecrets(state, program.tokens), []);
  const named = /.{0,80}(administratorLogin|adminPassword|"password(Wo)?":\s*"[^"]).{0,80}/.exec(state)?.[0];
  assert.equal(named, undefined, "what stands for a password is in the state");
  const planted = state.replace('"sandbox-vm"', JSON.stringify(program.tokens[0]));
  assert.equal(findSecrets(planted, program.tokens).length > 0, true);
});

test("a second preview and a refresh show no changes", async () => {
  await succeed(UNCHANGED);
  await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive"]);
  await succeed(UNCHANGED);
});

test("a rebuilt VM takes over the role; the old identity can no longer log in", async () => {
  const [before] = program.sandbox.directory.findByName("sandbox-vm");
  assert.ok(before);
  firstToken = await program.token(before);
  await program.sql(
    `CREATE TABLE shared (n int); GRANT SELECT ON shared TO "sandbox-vm"; GRANT CREATE ON SCHEMA public TO "sandbox-vm"`,
    "app",
  );
  await program.queryAs("sandbox-vm", firstToken, "CREATE TABLE public.owned (n int)", "app");
  // Left there, the proof of the profile would not hold.
  await program.sql('REVOKE CREATE ON SCHEMA public FROM "sandbox-vm"', "app");
  for (const server of program.sandbox.azure.servers().values()) {
    await server.setConfiguration("log_statement", "all");
    await server.setConfiguration("log_connections", "on");
  }
  const text = await succeed([...UP, "--replace", vmUrn]);
  assert.match(text, /EntraPrincipal app updated/);
  const { receipt } = await outputs();
  const [rebuilt] = program.sandbox.directory.findByName("sandbox-vm");
  assert.ok(rebuilt);
  assert.notEqual(receipt.objectId, firstObjectId);
  assert.equal(receipt.objectId, rebuilt.objectId);

  const login = (token: string) =>
    program.queryAs(
      "sandbox-vm",
      token,
      "SELECT (SELECT count(*)::int FROM shared) + (SELECT count(*)::int FROM owned) AS n",
      "app",
    );
  assert.deepEqual(await login(await program.token(rebuilt)), [{ n: 0 }]);
  await assert.rejects(login(firstToken), /does not match|mismatch/);
  await succeed(UNCHANGED);
});

test("destroy is refused while the database contains a table, which the error names, before the login goes", async () => {
  const urn = (await program.resources()).find(({ type }) => type.endsWith(":EntraPrincipal"))?.urn ?? "";
  const { exitCode, text } = await program.pulumi([
    "destroy",
    "--yes",
    "--skip-preview",
    "--target",
    urn,
    "--target-dependents",
  ]);
  assert.notEqual(exitCode, 0);
  assert.match(text, /EP-ACCESS-05/);
  assert.match(text, /2 object\(s\) outside the schema: table owned, table shared; nothing was dropped/);
  assert.doesNotMatch(text, /\bat .*deletion\.ts:\d+/);
  assert.ok(
    (await program.resources()).some((each) => each.urn === urn),
    "the login stays",
  );
  await program.sql(
    'GRANT "sandbox-vm" TO CURRENT_USER WITH INHERIT TRUE; REASSIGN OWNED BY "sandbox-vm" TO CURRENT_USER',
    "app",
  );
  await succeed(UP);
});

test("refresh shows changes made outside Pulumi, up repairs them", async () => {
  const [intruder] = [program.sandbox.directory.add({ displayName: "intruder", type: "service" })];
  await program.sql(
    `SELECT pgaadauth_update_principal_with_oid('sandbox-vm', '${intruder.objectId}', 'service', true, false);
    ALTER ROLE "sandbox-vm" NOLOGIN`,
  );
  const { exitCode, text } = await program.pulumi(["refresh", "--preview-only", "--diff", "--expect-no-changes"]);
  assert.notEqual(exitCode, 0, text);
  for (const drift of [intruder.objectId, /isAdmin *: false => true/, /canLogin *: true => false/]) {
    assert.match(text, new RegExp(drift));
  }
  await succeed([...UP, "--refresh"]);
  assert.equal((await outputs()).receipt.isAdmin, false);
  await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive"]);
  await succeed(UNCHANGED);
});

test("refresh notices a role dropped outside Pulumi, up creates it again", async () => {
  const { connection } = await outputs();
  const role = `"${connection.user}"`;
  await program.sql(`GRANT ${role} TO CURRENT_USER; DROP OWNED BY ${role}`, "app");
  await program.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  const text = await succeed([...UP, "--refresh"]);
  assert.match(text, /EntraPrincipal app created/);
  assert.equal((await outputs()).receipt.createdRole, 'Created role for "sandbox-vm"');
  await succeed(UNCHANGED);
});

test("without an SSH key the connection test uses a run command, and SSH is closed", async () => {
  program.configure({ ...ONE_APP, sshKeyFile: "", sshAllowedAddresses: [] });
  const text = await succeed(UP);
  assert.match(text, /VirtualMachineRunCommandByVirtualMachine app-run created/);
  const { receipt } = await outputs();
  assert.equal(receipt.currentUser, "sandbox-vm");
  const group = (await program.resources()).find(({ type }) => type === "azure-native:network:NetworkSecurityGroup");
  assert.deepEqual(group?.inputs.securityRules, []);
  await succeed(UNCHANGED);
});

test("by run command, too, a right beyond the profile fails the connection test", async () => {
  await program.sql('GRANT CREATE ON SCHEMA public TO "sandbox-vm"', "app");
  const urn = (await program.resources()).find(({ urn }) => urn.endsWith("::app-run"))?.urn ?? "";
  const { exitCode, text } = await program.pulumi([...UP, "--replace", urn]);
  assert.notEqual(exitCode, 0, text);
  assert.match(text, /VMExtensionProvisioningError/);
  assert.match(text, /create a table in schema public: expected denied, found allowed/);
  await program.sql('REVOKE CREATE ON SCHEMA public FROM "sandbox-vm"', "app");
  await succeed(UP);
});

test("the stack's page shows its values and the connection test's result", async () => {
  const { readme } = await program.outputs();
  assert.match(readme, /^## app$[\s\S]*as role `sandbox-vm`[\s\S]*server 18\.\d+, TLSv1\.3, administrator: false/m);
  assert.match(
    readme,
    /^\| read every table, view and sequence of schema app, and those made later<br>.* \| .*create a role.* \|$/m,
  );
});

test("PostgreSQL's own log holds no token", () => {
  const logs = postgresLog();
  assert.match(logs, /pgaadauth_update_principal_with_oid/, "statements are logged");
  assert.deepEqual(findSecrets(logs, program.tokens), []);
});

test("all configuration errors come at once, without a stack trace", async () => {
  program.configure({
    ...ONE_APP,
    postgresVersion: "9.6",
    sshPort: "abc",
    allowedAddresses: ["everywhere"],
    moreAdministrators: "on-call",
    vmSise: "x",
  });
  const { exitCode, text } = await program.pulumi(UP);
  assert.notEqual(exitCode, 0);
  assert.match(text, /has 5 problems/);
  const keys = ["postgresVersion", "sshPort", "allowedAddresses[0]", "moreAdministrators", "vmSise"];
  for (const key of keys) assert.ok(text.includes(`  ${key} is "`), text);
  assert.deepEqual([...text.matchAll(/EP-CONFIG-0[13]/g)].length, keys.length);
  assert.doesNotMatch(text, /\bat .*\.ts:\d+/);
  program.configure({ ...ONE_APP, sshKeyFile: "", sshAllowedAddresses: [] });
});

test("destroy leaves nothing", async () => {
  await succeed(["destroy", "--yes", "--skip-preview", "--non-interactive"]);
  assert.deepEqual(await program.resources(), []);
  assert.equal(program.sandbox.azure.servers().size, 0);
  assert.equal(program.sandbox.azure.virtualMachines().size, 0);
  assert.deepEqual(program.sandbox.directory.findByName("sandbox-vm"), []);
  assert.deepEqual(await program.askAzure(serverId), [404, "ResourceGroupNotFound"]);
});
