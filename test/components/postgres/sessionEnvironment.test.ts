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

/** What `pg` reads of the environment, each with a value that would break or change the session. */
const SHELL: Readonly<Record<string, string>> = {
  PGOPTIONS: "-c default_transaction_read_only=on",
  PGSSLNEGOTIATION: "direct",
  PGSSLMODE: "disable",
  PGHOST: "192.0.2.1",
  PGPORT: "1",
  PGDATABASE: "nowhere",
  PGUSER: "nobody",
  PGPASSWORD: "wrong",
  PGPASSFILE: "/dev/null",
  PGAPPNAME: "shell",
  PGCLIENT_ENCODING: "LATIN1",
  PGREPLICATION: "database",
  PGCONNECT_TIMEOUT: "1",
  PGSERVICEFILE: "/nowhere",
};
const SHOWN =
  "SELECT current_setting('default_transaction_read_only') AS readonly, current_setting('client_encoding') AS encoding";

test("the administrator's session ignores the variables of the deployer's shell", async () => {
  Object.assign(process.env, SHELL);
  const endpoint = { host: "localhost", port: context.server.port, database: "postgres", adminUser: "admin" };
  const login = { ...endpoint, caCert: context.authority.certificatePem };
  const rows = await withAdminSession(login, new Deadline(30), async (session) => {
    // A session for replication does not take parameters.
    return (await session.query(`${SHOWN} WHERE $1`, [true])).rows;
  });
  assert.deepEqual(rows, [{ readonly: "off", encoding: "UTF8" }]);
});
