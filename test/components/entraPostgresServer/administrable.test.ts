import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "../../../components/entraPostgresServer/administrable.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// What counts as an answer of a new server; test/e2e/newServer.test.ts waits for one under the real engine.
let context: TestServer;
let logOut: (() => Promise<void>) | undefined;
const lines: string[] = [];
const report = (line: string) => lines.push(line);

before(async () => {
  context = await TestServer.open();
  logOut = await logInAsAdministrator(context);
});
beforeEach(() => lines.splice(0));
after(async () => {
  await logOut?.();
  await context?.close();
});

const endpoint = (adminUser = "admin") => ({
  host: "localhost",
  port: context.server.port,
  database: "postgres",
  adminUser,
  caCert: context.authority.certificatePem,
});

test("a login and each refusal of one is an answer", async () => {
  await answer(endpoint(), report);
  await answer(endpoint("nobody yet"), report);
  context.server.setFirewallRules([]);
  await answer(endpoint(), report);
  context.server.setFirewallRules([{ name: "here", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" }]);
  assert.deepEqual(lines, []);
});

test("a server that starts is waited for", async () => {
  const { port } = context.server;
  await context.server.stop();
  const started = sleep(1500).then(() => context.start({ port }));
  await answer({ ...endpoint(), port }, report, 60);
  await started;
  assert.match(lines.join("\n"), /waiting for the server to take administrators, 0 s of 60 s \(/);
});

test("without an answer the deployment goes on, and says why", async () => {
  await answer({ ...endpoint(), port: 1 }, report, 2);
  assert.match(lines.at(-1) ?? "", /Azure decides whether the server takes administrators[\s\S]*EP-PG-08$/);
});
