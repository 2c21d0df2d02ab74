import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { armError } from "../../../sandbox/azure/azureNative/engine/armError.ts";
import { inEmulator, ResourceManager } from "../../../sandbox/azure/resourceManager.ts";
import { GENTLE } from "../../../sandbox/behaviour.ts";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { MANAGEMENT_RESOURCE, POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";
import { serverInputs, TestAzure } from "./azureNative/testAzure.ts";

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const deployer = directory.add({ displayName: "deployer", type: "service" });
const GROUP = "/subscriptions/s/resourceGroups/g";
const SERVER = `${GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/db`;
const known: Record<string, Record<string, unknown>> = {
  [GROUP]: { id: GROUP },
  [SERVER]: { id: SERVER, name: "db", location: "westeurope", state: "Ready", version: "18", azureApiVersion: "x" },
};
const manager = await ResourceManager.start({ issuer, find: (id) => known[id] });
after(async () => {
  await manager.close();
  rmSync(dir, { recursive: true, force: true });
});

let last: unknown;
let retryAfter: string | null;
let operation: string | null;
async function ask(path: string, resource = MANAGEMENT_RESOURCE, method = "GET", asked = manager) {
  const { accessToken } = await issuer.issue(deployer, resource);
  const answer = await fetch(new URL(path, asked.url), {
    method,
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  const body = (await answer.json()) as { id?: string; error?: { code: string; message: string } };
  last = body;
  operation = answer.headers.get("azure-asyncoperation");
  retryAfter = answer.headers.get("retry-after");
  return [answer.status, body.error?.code ?? body.id];
}

test("a server that exists is answered", async () => {
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`), [200, SERVER]);
  const properties = { state: "Ready", version: "18" };
  assert.deepEqual(last, { id: SERVER, name: "db", location: "westeurope", properties });
});

test("a missing server or group is answered with Azure's 404", async () => {
  assert.deepEqual(await ask(`${SERVER}2?api-version=2024-08-01`), [404, "ResourceNotFound"]);
  const message =
    "The Resource 'Microsoft.DBforPostgreSQL/flexibleServers/db2' under resource group 'g' was not found. " +
    "For more details please go to https://aka.ms/ARMResourceNotFoundFix";
  assert.deepEqual(last, { error: { code: "ResourceNotFound", message } });
  const elsewhere = SERVER.replace("/g/", "/other/");
  assert.deepEqual(await ask(`${elsewhere}?api-version=2024-08-01`), [404, "ResourceGroupNotFound"]);
});

test("other paths, methods and missing API versions are refused", async () => {
  assert.deepEqual(await ask(SERVER), [400, "MissingApiVersionParameter"]);
  assert.deepEqual(await ask("/subscriptions/s/other?api-version=2024-08-01"), [400, "NotEmulated"]);
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`, MANAGEMENT_RESOURCE, "DELETE"), [
    405,
    "MethodNotAllowed",
  ]);
});

test("a missing or foreign token is refused before anything else", async () => {
  const none = await fetch(new URL(SERVER, manager.url));
  assert.equal(none.status, 401);
  const refused = async (code: string) => assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`), [401, code]);
  assert.deepEqual(await ask(SERVER, POSTGRES_RESOURCE), [401, "InvalidAuthenticationTokenAudience"]);
  issuer.override = { exp: 1 };
  await refused("ExpiredAuthenticationToken");
  issuer.override = { iss: "https://sts.windows.net/other/" };
  await refused("InvalidAuthenticationTokenTenant");
  issuer.override = {};
  assert.deepEqual(await ask(SERVER.toLowerCase()), [400, "MissingApiVersionParameter"]);
  const headers = { Authorization: `Bearer ${(await foreign()).accessToken}` };
  assert.equal((await fetch(new URL(`${SERVER}?api-version=2024-08-01`, manager.url), { headers })).status, 401);
});

test("a refusal that a test sets is answered for every server", async () => {
  manager.refusal = { status: 403, code: "AuthorizationFailed" };
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`), [403, "AuthorizationFailed"]);
  manager.refusal = { status: 429, code: "TooManyRequests", retryAfter: 7, times: 1 };
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`), [429, "TooManyRequests"]);
  assert.equal(retryAfter, "7");
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`), [200, SERVER]);
});

test("a server of the azure-native emulator is found in any case of its id", async (t) => {
  const azure = await TestAzure.open(t);
  const group = await azure.group();
  const server = await azure.create("azure-native:dbforpostgresql:Server", "db", serverInputs());
  const own = await ResourceManager.start({ issuer, ...inEmulator(azure.emulator) });
  t.after(() => own.close());
  const status = () => ask(`${server.id}?api-version=2024-08-01`, MANAGEMENT_RESOURCE, "GET", own);
  assert.deepEqual(await status(), [200, server.id]);
  const { name, type, properties } = last as { name: string; type: string; properties: Record<string, unknown> };
  assert.deepEqual([name, type], ["main-db", "Microsoft.DBforPostgreSQL/flexibleServers"]);
  assert.deepEqual([properties.state, properties.fullyQualifiedDomainName], ["Ready", "localhost"]);
  const all = "/subscriptions/s/providers/Microsoft.DBforPostgreSQL/flexibleServers?api-version=2024-08-01";
  await ask(all, MANAGEMENT_RESOURCE, "GET", own);
  const [listed] = (last as { value: { id: string; properties: object }[] }).value;
  assert.deepEqual([listed?.id, listed?.properties], [server.id, properties]);
  const capitals = `${server.id.toUpperCase()}?api-version=2024-08-01`;
  assert.deepEqual(await ask(capitals, MANAGEMENT_RESOURCE, "GET", own), [200, server.id]);
  await azure.delete(server);
  assert.deepEqual(await status(), [404, "ResourceNotFound"]);
  await azure.delete(group);
  assert.deepEqual(await status(), [404, "ResourceGroupNotFound"]);
});

test("every n-th request is answered 429 with Retry-After", async (t) => {
  const behaviour = { ...GENTLE, throttleEvery: 3 };
  const throttling = await ResourceManager.start({ issuer, behaviour, find: (id) => known[id] });
  t.after(() => throttling.close());
  const answers: unknown[] = [];
  for (let n = 0; n < 6; n += 1)
    answers.push(await ask(`${SERVER}?api-version=2024-08-01`, MANAGEMENT_RESOURCE, "GET", throttling));
  const [ok, refused] = [
    [200, SERVER],
    [429, "TooManyRequests"],
  ];
  assert.deepEqual(answers, [ok, ok, refused, ok, ok, refused]);
  assert.equal(retryAfter, "1");
});

test("a change is accepted, and its operation tells the end", async (t) => {
  const work = [Promise.withResolvers<Record<string, unknown>>(), Promise.withResolvers<Record<string, unknown>>()];
  const answer = async ({ method }: { method: string }) => {
    if (method === "PUT") throw armError("ServerIsBusy", { server: "db" });
    return await work[method === "PATCH" ? 0 : 1]?.promise;
  };
  const behaviour = { ...GENTLE, longOperations: "accepted" as const };
  const slow = await ResourceManager.start({ issuer, behaviour, answer, find: (id) => known[id] });
  t.after(() => slow.close());
  const path = `${SERVER}?api-version=2024-08-01`;
  assert.deepEqual(await ask(path, MANAGEMENT_RESOURCE, "PUT", slow), [409, "ServerIsBusy"], "seen at once");
  const states: unknown[] = [];
  for (const method of ["PATCH", "DELETE"]) {
    assert.deepEqual(await ask(path, MANAGEMENT_RESOURCE, method, slow), [202, undefined]);
    const { pathname, search } = new URL(operation ?? "");
    const state = async () => {
      await ask(pathname + search, MANAGEMENT_RESOURCE, "GET", slow);
      states.push([(last as { status: string }).status, retryAfter]);
    };
    await state();
    if (method === "PATCH") work[0]?.resolve({});
    else work[1]?.reject(armError("ServerIsNotReady", { server: "db" }));
    await state();
  }
  assert.deepEqual(states, [
    ["InProgress", "1"],
    ["Succeeded", null],
    ["InProgress", "1"],
    ["Failed", null],
  ]);
  assert.equal((last as { error: { code: string } }).error.code, "ServerIsNotReady");
});

test("every firewall rule of an emulated server is listed, page by page", async (t) => {
  const azure = await TestAzure.withGroup(t);
  const server = await azure.create("azure-native:dbforpostgresql:Server", "db", serverInputs());
  await azure.create("azure-native:dbforpostgresql:Server", "db2", serverInputs({ serverName: "main-db2" }));
  const own = await ResourceManager.start({ issuer, ...inEmulator(azure.emulator) });
  t.after(() => own.close());
  const list = async (path = `${server.id}/firewallRules?api-version=2024-08-01`) => {
    const [status] = await ask(path, MANAGEMENT_RESOURCE, "GET", own);
    assert.equal(status, 200);
    return last as { value: { name: string }[]; nextLink?: string };
  };
  assert.deepEqual(await list(), { value: [] });
  const rule = (firewallRuleName: string, serverName = "main-db") =>
    azure.emulator.add("azure-native:dbforpostgresql:FirewallRule", {
      ...{ resourceGroupName: "rg", serverName, firewallRuleName },
      ...{ startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" },
    });
  const id = await rule("added");
  const [listed] = (await list()).value;
  assert.deepEqual(
    { ...listed, systemData: undefined },
    {
      id,
      name: "added",
      type: "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules",
      properties: { startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" },
      systemData: undefined,
    },
  );
  assert.deepEqual(
    azure.servers[0]?.rules?.map(({ name }) => name),
    ["added"],
    "the server applies the rule",
  );
  await assert.rejects(rule("added"), /cannot create already existing resource/);
  await rule("elsewhere", "main-db2");
  await rule("second");
  await rule("third");
  own.pageSize = 2;
  const first = await list();
  const rest = await list(first.nextLink);
  assert.deepEqual(
    [first.value, rest.value].map((page) => page.map(({ name }) => name)),
    [["added", "second"], ["third"]],
  );
  assert.equal(rest.nextLink, undefined);
  await azure.delete(server);
  assert.deepEqual(await ask(`${server.id}/firewallRules?api-version=2024-08-01`, MANAGEMENT_RESOURCE, "GET", own), [
    404,
    "ResourceNotFound",
  ]);
});

/** A token for the resource manager by another tenant's key. */
async function foreign() {
  const elsewhere = temporaryDirectory();
  try {
    return await (await TokenIssuer.open(directory, elsewhere)).issue(deployer, MANAGEMENT_RESOURCE);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
}
