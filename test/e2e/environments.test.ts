import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { packArguments } from "../../policies/runner/pack.ts";
import { projectName } from "../../sandbox/project.ts";
import { Program, UP } from "../../tools/harness/program.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  program.configure(PROD);
  await program.init("sandbox");
});
after(() => program?.stop());

/** All defaults of prod. */
const PROD = {
  environment: "prod",
  allowedAddresses: [],
  apps: [{ name: "app", profile: "writer", vmName: "prod-vm" }],
};
const DESTROY = ["destroy", "--yes", "--skip-preview", "--non-interactive"];
const succeed = (args: string[]) => program.succeed(args);
const fail = (args: string[]) => program.fail(args);
const inputsOf = async (type: string) =>
  (await program.resources()).filter((resource) => resource.type === type).map(({ inputs }) => inputs);

test("prod comes up privately under the policy pack, and its VM can log in", async () => {
  const text = await succeed([...UP, ...(await packArguments())]);
  assert.match(text, /Policies:/);
  assert.doesNotMatch(text, /\[(mandatory|advisory)\]/, "every rule was judged, and none waits");
  const { receipts } = await program.outputs();
  assert.equal(receipts.app?.sessionUser, "prod-vm");
  const [server] = await inputsOf("azure-native:dbforpostgresql:Server");
  assert.deepEqual(server?.network, { publicNetworkAccess: "Disabled" });
  assert.deepEqual(server?.highAvailability, { mode: "ZoneRedundant", standbyAvailabilityZone: "2" });
  assert.deepEqual(server?.backup, { backupRetentionDays: 35, geoRedundantBackup: "Enabled" });
  assert.deepEqual(server?.tags, { environment: "prod", project: projectName(), stack: "sandbox" });
  assert.deepEqual(await inputsOf("azure-native:dbforpostgresql:FirewallRule"), []);
  assert.deepEqual(await inputsOf("pulumi-nodejs:dynamic/entra-postgres:FirewallDriftCheck"), []);
  assert.equal((await inputsOf("azure-native:network:PrivateEndpoint")).length, 1);
  const [setting] = await inputsOf("azure-native:monitor:DiagnosticSetting");
  const [stored] = (await program.resources()).filter(({ type }) => type === "azure-native:dbforpostgresql:Server");
  assert.equal(setting?.resourceUri, stored?.id);
});

test("nothing changes afterwards, and a refresh finds nothing", async () => {
  await program.ensureUp(PROD);
  await succeed(["preview", "--expect-no-changes", "--non-interactive"]);
  await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive"]);
});

/** The URNs of all resources but the connection test, which only looks: the next update creates it again. */
const withoutTests = async () =>
  (await program.resources())
    .map(({ urn }) => urn)
    .filter((urn) => !/ConnectionCheck|remote:Command|providers:command/.test(urn));

test("a protected resource stops a destroy in its preview", async () => {
  await program.ensureUp(PROD);
  const before = await program.resources();
  const text = await fail(["destroy", "--yes", "--non-interactive"]);
  assert.match(text, /Preview failed: resource "\S+AdministratorDriftCheck::app" cannot be deleted/);
  assert.match(text, /app-diagnostics" cannot be deleted/);
  assert.deepEqual(await program.resources(), before);
});

test("a destroy without preview leaves servers, roles and VMs, and up works again", async () => {
  await program.ensureUp(PROD);
  const before = await withoutTests();
  const text = await fail(DESTROY);
  assert.match(text, /AdministratorDriftCheck::app" cannot be deleted\s+because it is protected/);
  assert.deepEqual(await withoutTests(), before);
  assert.equal(program.sandbox.azure.servers().size, 1);
  assert.equal(program.sandbox.azure.virtualMachines().size, 1);
  await succeed(UP);
  await succeed(["preview", "--expect-no-changes", "--non-interactive"]);
});

test("with protection disabled, destroy leaves nothing", async () => {
  await program.ensureUp({ ...PROD, deletionProtection: "Disabled" });
  await succeed(DESTROY);
  assert.deepEqual(await program.resources(), []);
  assert.deepEqual(program.sandbox.azure.resources(), []);
});
