import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sealedPublicKey } from "../../components/identityVm/sealedKey.ts";
import { commandEnvironment } from "../../sandbox/environment.ts";
import { Program } from "../../tools/harness/program.ts";
import { PulumiProject } from "../harness/pulumiProject.ts";

// Each example on one sandbox: up, nothing to change, and back to nothing.
let program: Program;
before(async () => {
  program = await Program.start();
});
after(() => program?.stop());

const EXAMPLES = join(import.meta.dirname, "../../examples");

async function open(folder: string, name: string, more: object = {}): Promise<PulumiProject> {
  const { dir, sandbox } = program;
  const env = { ...commandEnvironment(sandbox.environment), CI: "true" };
  const project = await PulumiProject.open({ name, program: join(EXAMPLES, folder), dir, env });
  const connection = { port: sandbox.databasePort, caFile: join(dir, "ca.pem"), address: "127.0.0.1" };
  project.configure({ ...connection, ...more });
  return project;
}

async function upAndBack(project: PulumiProject, prove: (outputs: Record<string, unknown>) => void): Promise<void> {
  await project.succeed("up");
  prove(await project.outputs());
  await project.succeed("preview", "--expect-no-changes");
  await project.succeed("destroy");
}

const usersOf = (receipts: unknown) => Object.values(receipts as object).map(({ sessionUser }) => sessionUser);

/** What is left in Azure. */
const left = () => program.sandbox.azure.resources().map(({ id }) => id);

test("shared-identity: both VMs log in as the one role", async () => {
  await upAndBack(await open("shared-identity", "shared-identity"), ({ receipts }) => {
    assert.deepEqual(usersOf(receipts), ["orders-identity", "orders-identity"]);
  });
  assert.deepEqual(left(), []);
});

test("migrate-and-serve: a group reads beside the two VMs", async () => {
  const group = program.sandbox.directory.add({ displayName: "analysts", type: "group" });
  const analysts = { analystsObjectId: group.objectId, analystsName: "analysts" };
  await upAndBack(await open("migrate-and-serve", "migrate-and-serve", analysts), ({ receipts }) => {
    assert.deepEqual(usersOf(receipts), ["shop-migrate", "shop-serve"]);
  });
  assert.deepEqual(left(), []);
});

test("private-network: the VM logs in to a server without a public endpoint", async () => {
  await upAndBack(await open("private-network", "private-network"), ({ receipt }) => {
    assert.equal((receipt as { sessionUser: string }).sessionUser, "orders-vm");
  });
  assert.deepEqual(left(), []);
});

test("two-stacks: an application comes and goes in the server of another stack", async () => {
  const server = await open("two-stacks/server", "shop-server");
  await server.succeed("up");
  const serverStack = "organization/shop-server/dev";
  const application = await open("two-stacks/application", "shop-application", { serverStack });
  await upAndBack(application, ({ receipt }) => {
    assert.equal((receipt as { sessionUser: string }).sessionUser, "billing-vm");
  });
  await server.succeed("preview", "--expect-no-changes");
  await server.succeed("destroy");
  assert.deepEqual(left(), []);
});

test("existing-vm-and-server: what another stack made is given back to it as it was", async () => {
  const keys = { sshPublicKey: sealedPublicKey(), version: "18" };
  const prerequisites = await open("existing-vm-and-server/prerequisites", "prerequisites", keys);
  await prerequisites.succeed("up");
  const { vmId, serverId } = await prerequisites.outputs();
  const theirs = program.sandbox.azure.resources().map(({ id, state: { etag, systemData, ...state } }) => [id, state]);
  await upAndBack(await open("existing-vm-and-server", "existing-vm-and-server", { vmId, serverId }), ({ receipt }) => {
    assert.equal((receipt as { sessionUser: string }).sessionUser, "legacy-vm");
  });
  const now = program.sandbox.azure.resources().map(({ id, state: { etag, systemData, ...state } }) => [id, state]);
  assert.deepEqual(now, theirs);
  const refreshed = await prerequisites.succeed("preview", "--refresh", "--expect-no-changes");
  assert.doesNotMatch(refreshed, /replace/);
  await prerequisites.succeed("destroy");
  assert.deepEqual(left(), []);
});
