import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withAdminSession } from "../../../components/postgres/adminSession.ts";
import { Deadline } from "../../../components/postgres/deadline.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

let context: TestServer;
let logOut: (() => Promise<void>) | undefined;
before(async () => {
  context = await TestServer.open();
  logOut = await logInAsAdministrator(context);
});
after(async () => {
  await logOut?.();
  await context?.close();
});

test("PGOPTIONS and PGSSLNEGOTIATION of the deployer's shell do not reach the administrator's session", async () => {
  process.env.PGOPTIONS = "-c default_transaction_read_only=on";
  process.env.PGSSLNEGOTIATION = "direct";
  const endpoint = { host: "localhost", port: context.server.port, database: "postgres", adminUser: "admin" };
  const login = { ...endpoint, caCert: context.authority.certificatePem };
  const rows = await withAdminSession(login, new Deadline(30), async (session) => {
    return (await session.query("SHOW default_transaction_read_only")).rows;
  });
  assert.deepEqual(rows, [{ default_transaction_read_only: "off" }]);
});
