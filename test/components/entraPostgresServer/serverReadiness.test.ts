import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, type TestContext, test } from "node:test";
import * as readiness from "../../../components/entraPostgresServer/serverReadinessRuntime.ts";
import { inEmulator, ResourceManager } from "../../../sandbox/azure/resourceManager.ts";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";
import { serverInputs, TestAzure } from "../../sandbox/azure/azureNative/testAzure.ts";

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const log = console.log;
let logOut: (() => Promise<void>) | undefined;
before(async () => {
  logOut = await logInAsAdministrator({ issuer, admin: directory.add({ displayName: "admin", type: "service" }) });
});
after(async () => {
  console.log = log;
  delete process.env.ARM_ENDPOINT;
  await logOut?.();
  rmSync(dir, { recursive: true, force: true });
});

/** A new server behind the resource manager; `onLine` is called with each line of progress. */
async function server(t: TestContext, onLine: (line: string) => void) {
  const azure = await TestAzure.withGroup(t);
  const { id } = await azure.create("azure-native:dbforpostgresql:Server", "db", serverInputs());
  const manager = await ResourceManager.start({ issuer, ...inEmulator(azure.emulator) });
  t.after(() => manager.close());
  process.env.ARM_ENDPOINT = manager.url;
  console.log = onLine;
  const [host] = azure.servers;
  assert.ok(host);
  return { azure, serverId: id, host };
}

test("a new server is waited for until it takes administrators, and nothing is changed", async (t) => {
  const lines: string[] = [];
  const { azure, serverId, host } = await server(t, (line) => {
    lines.push(line);
    host.accessible = true;
  });
  const before = azure.emulator.resources();
  host.accessible = false;
  const { id } = await readiness.create({ serverId, deadlineSeconds: 60 });
  assert.equal(id, serverId);
  assert.match(lines.join("\n"), /^server "main-db": waiting for .*AadAuthOperationCannotBePerformed/);
  assert.deepEqual(azure.emulator.resources(), before);
  lines.length = 0;
  await readiness.create({ serverId, deadlineSeconds: 60 });
  assert.deepEqual(lines, [], "an accessible server is not waited for");
});

test("a server that takes none in time is an error with a code", async (t) => {
  const { serverId, host } = await server(t, () => {});
  host.accessible = false;
  await assert.rejects(readiness.create({ serverId, deadlineSeconds: 1 }), /EP-AZ-17/);
});

test("a change of the server replaces the resource, a change of the deadline does not", async () => {
  const olds = { serverId: "/one", deadlineSeconds: 900 };
  assert.deepEqual((await readiness.diff("id", olds, { ...olds, serverId: "/two" })).replaces, ["serverId"]);
  assert.deepEqual((await readiness.diff("id", olds, { ...olds, deadlineSeconds: 60 })).replaces, []);
});
