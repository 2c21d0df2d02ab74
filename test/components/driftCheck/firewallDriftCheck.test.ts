import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import {
  create,
  diff,
  type FirewallDriftCheckInputs,
  read,
  update,
} from "../../../components/driftCheck/firewallDriftCheckRuntime.ts";
import { ResourceManager } from "../../../sandbox/azure/resourceManager.ts";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { stopListening } from "../../../sandbox/loopback.ts";
import { ReservedPort } from "../../../sandbox/reservedPort.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { findSecrets } from "../../harness/leakScan.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

// The check against the emulator of Azure Resource Manager, with a token that the real Azure SDK fetches.
const dir = temporaryDirectory();
const GROUP = "/subscriptions/s/resourceGroups/my(group)";
const SERVER = `${GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/db`;
const VM = { name: "vm-orders", startIpAddress: "20.0.0.7", endIpAddress: "20.0.0.7" };
const OFFICE = { name: "allow-office", startIpAddress: "20.0.1.0", endIpAddress: "20.0.1.255" };
const OPEN = { name: "AllowAll", startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" };
const AZURE = { name: "azure", startIpAddress: "0.0.0.0", endIpAddress: "0.0.0.0" };
const inputs: FirewallDriftCheckInputs = { serverId: SERVER, rules: [VM, OFFICE], deadlineSeconds: 30, drift: {} };

let there: (typeof VM)[];
let serverExists: boolean;
let groupExists: boolean;
let manager: ResourceManager;
let logOut: (() => Promise<void>) | undefined;
const tokens: string[] = [];
const lines: string[] = [];
const log = console.log;

before(async () => {
  const directory = new Directory(dir);
  const issuer = await TokenIssuer.open(directory, dir);
  issuer.onIssue = (token) => tokens.push(token);
  manager = await ResourceManager.start({
    issuer,
    find: (id) => ((id === SERVER ? serverExists : id === GROUP && groupExists) ? { id } : undefined),
    firewallRules: (id) => there.map((rule) => ({ id: `${id}/firewallRules/${rule.name}`, ...rule })),
  });
  logOut = await logInAsAdministrator({ issuer, admin: directory.add({ displayName: "admin", type: "service" }) });
  process.env.ARM_ENDPOINT = manager.url;
  console.log = (line: string) => lines.push(line);
});
beforeEach(() => {
  there = [VM, OFFICE];
  serverExists = groupExists = true;
  manager.refusal = undefined;
  manager.pageSize = Number.POSITIVE_INFINITY;
  lines.length = 0;
});
after(async () => {
  console.log = log;
  await logOut?.();
  await manager?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What is refused, and in which words; never with a token in them. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail("nothing was refused"),
    (reason: Error) => reason,
  );
  assert.equal(error.name, "EntraPostgresError", error.stack);
  assert.ok(tokens.length > 0);
  assert.deepEqual(findSecrets([error.message, ...lines].join("\n"), tokens), []);
  return error.message;
}
/** What a refresh shows. */
const seen = async (props = inputs) => (await read(SERVER, props)).props as FirewallDriftCheckInputs;

test("a firewall with only declared rules passes, and a refresh shows no drift", async () => {
  assert.deepEqual(await create(inputs), { id: SERVER, outs: inputs });
  assert.deepEqual(await read(SERVER, inputs), { id: SERVER, props: inputs, inputs });
});

test("a changed or deleted rule is left to its own resource", async () => {
  there = [{ ...VM, endIpAddress: "255.255.255.255" }];
  await create(inputs);
  assert.deepEqual(await seen(), inputs);
});

test("names of rules are compared without case", async () => {
  there = [{ ...VM, name: "VM-Orders" }, OFFICE];
  await create(inputs);
  assert.deepEqual(await seen(), inputs);
  const rules = [VM, OFFICE].map((rule) => ({ ...rule, name: rule.name.toUpperCase() }));
  const capitals = { ...inputs, rules };
  await create(capitals);
  assert.deepEqual(await seen(capitals), capitals);
});

test("a refresh shows a rule that was added outside Pulumi", async () => {
  there.push(OPEN);
  const found = await seen();
  assert.deepEqual(found, {
    ...inputs,
    drift: { AllowAll: "not declared: 0.0.0.0 to 255.255.255.255, the whole Internet" },
  });
  assert.equal((await diff(SERVER, found, inputs)).changes, true);
  // A refresh of what a refresh found shows the same, and forgets the rule when it is gone.
  assert.deepEqual(await seen(found), found);
  there.pop();
  assert.deepEqual(await seen(found), inputs);
});

test("an update names undeclared rules and how to delete them, and deletes nothing", async () => {
  there.push(OPEN, AZURE, { name: "home", startIpAddress: "20.0.2.1", endIpAddress: "20.0.2.1" });
  const before = [...there];
  const found = await seen();
  for (const work of [() => create(inputs), () => update(SERVER, found, inputs)]) {
    const message = await refusal(work());
    assert.match(message, /^firewall of server "db": checking the firewall rules failed\./);
    assert.match(message, /expected: no rule but "vm-orders", "allow-office"\n/);
    assert.match(message, /also "AllowAll" \(0\.0\.0\.0 to 255\.255\.255\.255, the whole Internet\), /);
    assert.match(
      message,
      /"azure" \(0\.0\.0\.0, every address inside Azure\), "home" \(20\.0\.2\.1\); nothing was deleted/,
    );
    for (const name of ["AllowAll", "azure", "home"]) {
      const command = `az postgres flexible-server firewall-rule delete --name ${name} --resource-group 'my(group)' --server-name db --yes`;
      assert.ok(message.includes(command), message);
    }
    assert.match(message, /allowedAddresses/);
  }
  assert.deepEqual(there, before);
});

test("with no declared rule, any rule is refused", async () => {
  there = [AZURE];
  assert.match(await refusal(create({ ...inputs, rules: [] })), /expected: no rule\n/);
});

test("a rule that the update removes is not refused, an undeclared one is", async () => {
  const fewer = { ...inputs, rules: [VM] };
  const { outs } = await update(SERVER, inputs, fewer);
  assert.equal((await diff(SERVER, outs, fewer)).changes, false);
  // That update failed before it deleted the rule: the next one may still find it, and a refresh shows it.
  const more = { ...fewer, deadlineSeconds: 20 };
  await update(SERVER, outs, more);
  assert.match(JSON.stringify(await seen(outs)), /"allow-office":"not declared/);
  assert.match(await refusal(update(SERVER, await seen(outs), more)), /"allow-office"/);
  there.push(OPEN);
  const found = await seen();
  const message = await refusal(update(SERVER, found, fewer));
  assert.match(message, /also "AllowAll" \([^"]*; nothing was deleted/);
  assert.doesNotMatch(message, /allow-office/);
  // A state that does not know of it refuses it.
  assert.match(await refusal(update(SERVER, fewer, more)), /"allow-office" \(20\.0\.1\.0 to /);
});

test("every page of the list is read", async () => {
  there = [VM, OFFICE, ...Array.from({ length: 7 }, (_, n) => ({ ...OPEN, name: `open-${n}` }))];
  manager.pageSize = 2;
  assert.deepEqual(Object.keys((await seen()).drift), [
    "open-0",
    "open-1",
    "open-2",
    "open-3",
    "open-4",
    "open-5",
    "open-6",
  ]);
});

test("the token goes only to Azure Resource Manager, wherever nextLink points", async () => {
  const asked: (string | undefined)[] = [];
  const elsewhere = createServer((request, response) => {
    asked.push(request.url);
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  const paths: (string | undefined)[] = [];
  const azure = createServer((request, response) => {
    paths.push(request.url);
    const value = [{ name: `page-${paths.length}`, properties: OPEN }];
    const { port } = elsewhere.address() as AddressInfo;
    const nextLink = paths.length === 1 ? `http://127.0.0.1:${port}/next?api-version=x&$skiptoken=a%20b` : undefined;
    response.end(JSON.stringify({ value, nextLink }));
  }).listen(0, "127.0.0.1");
  await once(azure, "listening");
  const { ARM_ENDPOINT } = process.env;
  try {
    process.env.ARM_ENDPOINT = `http://127.0.0.1:${(azure.address() as AddressInfo).port}`;
    assert.deepEqual(Object.keys((await seen()).drift), ["page-1", "page-2"]);
    assert.deepEqual(paths.slice(1), ["/next?api-version=x&$skiptoken=a%20b"]);
    assert.deepEqual(asked, []);
  } finally {
    process.env.ARM_ENDPOINT = ARM_ENDPOINT;
    await Promise.all([stopListening(elsewhere), stopListening(azure)]);
  }
});

test("a server that no longer exists removes the check, and refuses an update", async () => {
  serverExists = false;
  assert.deepEqual(await read(SERVER, inputs), {});
  assert.match(await refusal(update(SERVER, inputs, inputs)), /EP-DRIFT-03/);
  groupExists = false;
  assert.deepEqual(await read(SERVER, inputs), {});
  assert.match(await refusal(create(inputs)), /EP-DRIFT-03/);
});

test("a 404 that does not concern the server is an error", async () => {
  manager.refusal = { status: 404, code: "ResourceNotFound", times: 1 };
  assert.match(await refusal(read(SERVER, inputs)), /found: {4}ResourceNotFound: Refused for a test\. \(404\)/);
  manager.refusal = { status: 404, code: "InvalidResourceType" };
  assert.match(await refusal(read(SERVER, inputs)), /reading the firewall rules failed[\s\S]*compare serverId with/);
});

test("a missing role assignment is named with its scope", async () => {
  manager.refusal = { status: 403, code: "AuthorizationFailed" };
  const message = await refusal(read(SERVER, inputs));
  assert.match(message, /flexibleServers\/firewallRules\/read/);
  assert.match(message, /found: {4}AuthorizationFailed: Refused for a test\. \(403\)/);
  assert.ok(message.includes(`--role Reader --assignee <who runs Pulumi> --scope '${GROUP}'`), message);
});

test("a token that Azure refuses is explained", async () => {
  manager.refusal = { status: 401, code: "InvalidAuthenticationToken" };
  assert.match(await refusal(read(SERVER, inputs)), /to accept the deployer's token[\s\S]*az login --tenant/);
});

test("a busy or failing resource manager is asked again", async () => {
  manager.refusal = { status: 429, code: "TooManyRequests", retryAfter: 1, times: 2 };
  assert.deepEqual(await seen(), inputs);
  assert.match(lines[0] ?? "", /^firewall of server "db": waiting for Azure Resource Manager, .*TooManyRequests/);
  manager.refusal = { status: 503, code: "ServiceUnavailable", times: 1 };
  assert.deepEqual(await seen(), inputs);
});

test("a Retry-After beyond the deadline ends the attempts with Azure's words", async () => {
  manager.refusal = { status: 429, code: "TooManyRequests", retryAfter: 3600 };
  const message = await refusal(read(SERVER, inputs));
  assert.match(message, /found: {4}TooManyRequests: Refused for a test\. \(429\)[\s\S]*nothing was changed/);
  assert.deepEqual(lines, []);
});

test("a resource manager that cannot be reached is an error", async () => {
  const { ARM_ENDPOINT } = process.env;
  const silent = await ReservedPort.take(26000);
  try {
    process.env.ARM_ENDPOINT = `http://127.0.0.1:${silent.port}/`;
    const message = await refusal(read(SERVER, { ...inputs, deadlineSeconds: 2 }));
    assert.match(message, /found: {4}.*\(ECONNREFUSED\)/);
    assert.match(lines[0] ?? "", /waiting for a connection to Azure Resource Manager/);
    process.env.ARM_ENDPOINT = "http://management.example/";
    assert.match(await refusal(read(SERVER, inputs)), /expected: ARM_ENDPOINT to begin with https:\/\//);
  } finally {
    await silent.release();
    process.env.ARM_ENDPOINT = ARM_ENDPOINT;
  }
});

test("no token is sent when TLS verification is off", async () => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  try {
    const issued = tokens.length;
    assert.match(await refusal(read(SERVER, inputs)), /unset NODE_TLS_REJECT_UNAUTHORIZED/);
    assert.equal(tokens.length, issued);
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }
});

test("without a login the error names the scope of the missing token", async () => {
  process.env.ARM_USE_OIDC = "true";
  try {
    assert.match(await refusal(read(SERVER, inputs)), /ARM_USE_OIDC with ARM_TENANT_ID and ARM_CLIENT_ID/);
    Object.assign(process.env, { ARM_TENANT_ID: "t", ARM_CLIENT_ID: "c" });
    const message = await refusal(read(SERVER, inputs));
    assert.match(message, /expected: a Microsoft Entra token for https:\/\/management\.azure\.com\/\.default/);
  } finally {
    for (const name of ["ARM_USE_OIDC", "ARM_TENANT_ID", "ARM_CLIENT_ID"]) delete process.env[name];
  }
});

test("rules that are there at creation may be kept; one that comes later is refused", async () => {
  there = [VM, OFFICE, AZURE];
  const keeping = { ...inputs, keepFound: true };
  const { id, outs } = await create(keeping);
  const { props } = await read(id, outs);
  assert.deepEqual((props as typeof outs).drift, {});
  await update(id, outs, { ...keeping, deadlineSeconds: 31 });
  there = [VM, OFFICE, AZURE, OPEN];
  await assert.rejects(
    update(id, props as typeof outs, { ...keeping, deadlineSeconds: 32 }),
    /AllowAll(.|\n)*EP-DRIFT-02/,
  );
  const later = await read(id, props as typeof outs);
  assert.deepEqual(Object.keys((later.props as typeof outs).drift), ["AllowAll"]);
  await assert.rejects(update(id, outs, { ...inputs, deadlineSeconds: 33 }), /azure(.|\n)*EP-DRIFT-02/);
});
