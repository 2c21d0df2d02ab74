import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create, type GuardInputs, read, remove, update } from "../../../components/access/accessGuardRuntime.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// The guard against a real server, with a token that the real Azure SDK fetches. One story: each test goes on where the one before ended.
let context: TestServer;
let logOut: (() => Promise<void>) | undefined;
const query = (sql: string) => context.server.asService(sql, "shop");
const ROLES = ["reader", "writer", "migrator", "owner"].map((profile) => `shop_orders_${profile}`);

before(async () => {
  context = await TestServer.open();
  logOut = await logInAsAdministrator(context);
  await context.server.createDatabase("shop");
  const made = ROLES.map((role) => `CREATE ROLE ${role}`).join("; ");
  await context.query("admin", context.admin, made);
  await query(
    `CREATE SCHEMA orders AUTHORIZATION shop_orders_owner; GRANT CREATE, USAGE ON SCHEMA orders TO shop_orders_migrator;
    ALTER DEFAULT PRIVILEGES FOR ROLE shop_orders_migrator REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; SET ROLE shop_orders_migrator;
    CREATE TABLE orders.item (n int)`,
  );
});
after(async () => {
  await logOut?.();
  await context?.close();
});

function inputs(changes: Partial<GuardInputs> = {}): GuardInputs {
  return {
    duty: "keep",
    host: "localhost",
    port: context.server.port,
    database: "shop",
    adminUser: "admin",
    caCertFile: join(context.dir, "ca.pem"),
    deadlineSeconds: 30,
    schema: "orders",
    roles: ROLES,
    grants: [],
    drift: [],
    onDelete: "refuse",
    ...changes,
  };
}
const seen = async () => (await read("id", inputs())).props?.drift as string[];

test("the keeper gives the profiles' roles what they are meant to have, and then a refresh finds nothing", async () => {
  assert.ok((await seen()).includes("SELECT on table orders.item taken from shop_orders_reader"));
  assert.deepEqual((await create(inputs())).outs, inputs());
  assert.deepEqual(await read("id", inputs()), { id: "id", props: inputs(), inputs: inputs() });
  const [may] = await query(
    `SELECT has_table_privilege('shop_orders_reader', 'orders.item', 'SELECT') AS reads, has_table_privilege('shop_orders_writer', 'orders.item', 'DELETE') AS writes,
      (SELECT count(*)::int FROM pg_auth_members WHERE member = 'admin'::regrole AND grantor = 'admin'::regrole) AS left`,
  );
  assert.deepEqual(may, { reads: true, writes: true, left: 0 });
});

test("what others were given is named, ten at a time, with names that no terminal obeys, and a refresh shows more", async () => {
  await query(`CREATE ROLE "bob\x1b[31m"`);
  for (let n = 0; n < 30; n += 1) {
    await query(
      `CREATE TABLE orders.t${n} (n int); GRANT SELECT ON orders.t${n} TO shop_orders_reader; GRANT INSERT, UPDATE, DELETE ON orders.t${n} TO shop_orders_writer;
      ALTER TABLE orders.t${n} OWNER TO shop_orders_migrator; GRANT SELECT ON orders.t${n} TO "bob\x1b[31m"`,
    );
  }
  const lines = await seen();
  assert.equal(lines.length, 21);
  assert.equal(lines.at(-1), "10 more");
  const refused = await update("id", inputs({ drift: lines }), inputs()).catch((error: Error) => error);
  assert.ok(refused instanceof Error);
  assert.match(
    refused.message,
    /^schema "orders" on localhost:\d+\/shop: looking after the schema's rights failed\.\n/,
  );
  assert.match(refused.message, /found: {4}SELECT on table orders\.t0 given to "bob\?\[31m"; .*; 20 more\n/);
  assert.match(refused.message, /REVOKE SELECT ON TABLE orders\.t0 FROM "bob\?\[31m"; /);
  assert.equal(refused.message.match(/ON TABLE/g)?.length, 10);
  await query(`DROP OWNED BY "bob\x1b[31m"; DROP ROLE "bob\x1b[31m"`);
  await query(Array.from({ length: 30 }, (_, n) => `DROP TABLE orders.t${n}`).join("; "));
});

test("only the keeper looks on a refresh and at a change", async () => {
  for (const duty of ["claim", "close"]) {
    // Nothing listens there.
    const nowhere = inputs({ duty, port: 1 });
    assert.deepEqual(await read("id", nowhere), { id: "id", props: nowhere });
    assert.deepEqual((await update("id", nowhere, nowhere)).outs, nowhere);
  }
});

test("without its database a refresh removes the guard, and a delete succeeds", async () => {
  const elsewhere = inputs({ database: "gone" });
  assert.deepEqual(await read("id", elsewhere), {});
  await remove("id", elsewhere);
});
