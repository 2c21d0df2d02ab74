import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { withAdminSession } from "../../../components/postgres/adminSession.ts";
import { Deadline } from "../../../components/postgres/deadline.ts";
import { Failure } from "../../../components/postgres/failure.ts";
import { retriesOf } from "../../../components/postgres/firewallWait.ts";
import { perform } from "../../../components/postgres/operation.ts";
import { RETRY_TABLE } from "../../../components/postgres/retryTable.ts";
import { ResourceManager } from "../../../sandbox/azure/resourceManager.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// A login that the firewall refuses, with what the emulator of Azure Resource Manager says of the rules.
const GROUP = "/subscriptions/s/resourceGroups/rg";
const serverId = `${GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/db`;
const rule = (name: string, startIpAddress: string, endIpAddress = startIpAddress) => ({
  name,
  startIpAddress,
  endIpAddress,
});
const HERE = rule("here", "127.0.0.0", "127.0.0.9");

let context: TestServer;
let manager: ResourceManager;
let logOut: (() => Promise<void>) | undefined;
/** The rules as Azure lists them. */
let listed: (typeof HERE)[];
const lines: string[] = [];

before(async () => {
  context = await TestServer.open();
  manager = await ResourceManager.start({
    issuer: context.issuer,
    find: (id) => (id === serverId || id === GROUP ? { id } : undefined),
    firewallRules: (id) => listed.map((one) => ({ id: `${id}/firewallRules/${one.name}`, ...one })),
  });
  logOut = await logInAsAdministrator(context);
  process.env.ARM_ENDPOINT = manager.url;
});
beforeEach(async () => {
  lines.length = 0;
  manager.refusal = undefined;
  await context.server.behave({ firewallDelay: 0 });
  context.server.setFirewallRules([]);
});
after(async () => {
  await logOut?.();
  await manager?.close();
  await context?.close();
});

async function login(deadlineSeconds: number): Promise<unknown> {
  const inputs = {
    host: "localhost",
    port: context.server.port,
    database: "postgres",
    adminUser: "admin",
    caCert: context.authority.certificatePem,
    serverId,
    deadlineSeconds,
  };
  const report = (line: string) => lines.push(line);
  return await perform({ step: "looking", inputs, report }, ({ deadline }) =>
    withAdminSession(inputs, deadline, (session) => session.query("SELECT 1")),
  );
}

test("a rule that Azure lists is waited for until it takes effect", async () => {
  listed = [rule("elsewhere", "10.0.0.1"), HERE];
  await context.server.behave({ firewallDelay: 4 });
  context.server.setFirewallRules([HERE]);
  await login(60);
  assert.match(
    lines[0] ?? "",
    /waiting for a firewall rule to take effect, which Azure lists, 0 s of 60 s \(no pg_hba/,
  );
  assert.ok(lines.length > 1, "it needs more than one more try");
});

test("the wait ends with the deadline, and the error names the rule", async () => {
  listed = [HERE];
  await assert.rejects(login(4), (error: Error) => {
    assert.match(error.message, /expected: the firewall rule "here" to take effect within 4 s \(deadlineSeconds\)/);
    assert.match(error.message, /a rule takes up to five minutes[\s\S]*EP-PG-03$/);
    return true;
  });
  assert.ok(lines.length > 0);
});

for (const [what, rules] of [
  ["no rule", []],
  ["rules for other addresses only", [rule("elsewhere", "10.0.0.1"), rule("azure", "0.0.0.0")]],
] as const) {
  test(`with ${what} a refusal of the firewall is final`, async () => {
    listed = [...rules];
    await assert.rejects(login(60), /add 127\.0\.0\.1 to allowedAddresses[\s\S]*EP-PG-03$/);
    assert.deepEqual(lines, []);
  });
}

test("where Azure gives no list, the retry table counts", async () => {
  listed = [HERE];
  manager.refusal = { status: 403, code: "AuthorizationFailed" };
  const refused = new Failure(
    "connect",
    Object.assign(new Error('no pg_hba.conf entry for host "127.0.0.1"'), { code: "28000" }),
  );
  assert.equal(await retriesOf({ serverId })(refused, new Deadline(5)), RETRY_TABLE["EP-PG-03"]);
  assert.equal(await retriesOf({})(refused, new Deadline(5)), RETRY_TABLE["EP-PG-03"]);
});
