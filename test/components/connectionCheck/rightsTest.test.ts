import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { RightsTester } from "../../harness/rightsTester.ts";
import { TestServer } from "../../harness/testServer.ts";

// How the connection test finds rights that differ from the profile, on a schema like those of DatabaseAccess. test/e2e/rights.test.ts tests the
// profiles' own rights on each version of PostgreSQL.
let server: TestServer;
let tester: RightsTester;
const query = (sql: string, database = "shop") => server.server.asService(sql, database);

const LATER = "ALTER DEFAULT PRIVILEGES FOR ROLE shop_orders_migrator IN SCHEMA orders GRANT";
const MADE = `CREATE ROLE shop_orders_reader; CREATE ROLE shop_orders_writer IN ROLE shop_orders_reader;
  CREATE ROLE shop_orders_migrator IN ROLE shop_orders_writer; CREATE ROLE shop_orders_owner;
  REVOKE ALL ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO shop_orders_reader;
  GRANT TEMPORARY ON DATABASE shop TO shop_orders_writer; CREATE SCHEMA other;
  CREATE SCHEMA orders AUTHORIZATION shop_orders_owner; GRANT USAGE ON SCHEMA orders TO shop_orders_reader;
  GRANT CREATE ON SCHEMA orders TO shop_orders_migrator;
  ALTER DEFAULT PRIVILEGES FOR ROLE shop_orders_migrator REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  ${LATER} SELECT ON TABLES TO shop_orders_reader; ${LATER} SELECT ON SEQUENCES TO shop_orders_reader;
  ${LATER} EXECUTE ON FUNCTIONS TO shop_orders_reader; ${LATER} INSERT, UPDATE, DELETE ON TABLES TO shop_orders_writer;
  ${LATER} USAGE ON SEQUENCES TO shop_orders_writer; SET ROLE shop_orders_migrator;
  CREATE TABLE orders.item (id int GENERATED ALWAYS AS IDENTITY, n int); CREATE SEQUENCE orders.ids;
  CREATE VIEW orders.next AS SELECT nextval('orders.ids'); INSERT INTO orders.item (n) VALUES (1); RESET ROLE`;

before(async () => {
  server = await TestServer.open();
  for (const database of ["shop", "ledger"]) await server.server.createDatabase(database);
  await query("REVOKE ALL ON DATABASE ledger FROM PUBLIC", "ledger");
  await query(MADE);
  const subject = { database: "shop", schema: "orders", foreignSchemas: ["other"], foreignDatabases: ["ledger"] };
  tester = await RightsTester.create({ server, query }, subject);
});
after(async () => {
  await tester?.close();
  await server?.close();
});

const WRITE = "write to any table of schema orders, or to those made later: expected denied, found allowed";

/** The test's lines while a statement is in effect. */
async function wrongWhile(by: string, profile: string, back: string): Promise<string[]> {
  await tester.join(profile);
  await query(by);
  try {
    return await tester.wrong(profile);
  } finally {
    await query(back);
  }
}

test("the rights test changes nothing and waits for no lock", async () => {
  const all = () =>
    query(`SELECT (SELECT array_agg((relname, relkind, relacl::text) ORDER BY oid) FROM pg_class WHERE relnamespace > 16383) AS classes,
      (SELECT array_agg(t ORDER BY t) FROM orders.item t) AS rows, (SELECT (last_value, is_called) FROM orders.ids) AS ids,
      (SELECT (last_value, is_called) FROM orders.item_id_seq) AS identity, (SELECT count(*) FROM pg_roles) AS roles`);
  const before = await all();
  const migration = await server.connect("admin", await server.token(server.admin), "shop");
  try {
    await query("GRANT shop_orders_migrator TO admin");
    await migration.query("BEGIN; LOCK TABLE orders.item IN ACCESS EXCLUSIVE MODE");
    for (const profile of ["reader", "writer", "migrator", "owner"]) {
      await tester.join(profile);
      assert.deepEqual(await tester.wrong(profile), [], profile);
    }
  } finally {
    await migration.end();
  }
  assert.deepEqual(await all(), before);
});

test("a right on a column, of PUBLIC, on later objects or by SET ROLE is found", async () => {
  assert.deepEqual(
    await wrongWhile(
      "GRANT UPDATE (n) ON orders.item TO tester",
      "reader",
      "REVOKE UPDATE (n) ON orders.item FROM tester",
    ),
    [`${WRITE}: UPDATE on table item`],
  );
  assert.deepEqual(
    await wrongWhile("GRANT DELETE ON orders.item TO PUBLIC", "reader", "REVOKE DELETE ON orders.item FROM PUBLIC"),
    [`${WRITE}: DELETE on table item`],
  );
  for (const [where, grantee] of [
    ["IN SCHEMA orders", "PUBLIC"],
    ["", "tester"],
  ]) {
    const change = (verb: string) =>
      `ALTER DEFAULT PRIVILEGES FOR ROLE shop_orders_migrator ${where} ${verb} ${grantee}`;
    assert.deepEqual(
      await wrongWhile(change("GRANT INSERT ON TABLES TO"), "reader", change("REVOKE INSERT ON TABLES FROM")),
      [`${WRITE}: INSERT on tables made later`],
    );
  }
  assert.deepEqual(
    await wrongWhile(
      "CREATE ROLE helper; GRANT INSERT ON orders.item TO helper; GRANT helper TO tester WITH INHERIT FALSE",
      "reader",
      "DROP OWNED BY helper; DROP ROLE helper",
    ),
    [`${WRITE}: INSERT on table item`],
  );
});

test("a missing right on an object created later is found", async () => {
  assert.deepEqual(
    await wrongWhile(
      `${LATER.replace("GRANT", "REVOKE")} UPDATE ON TABLES FROM shop_orders_writer`,
      "writer",
      `${LATER} UPDATE ON TABLES TO shop_orders_writer`,
    ),
    [
      "write to every table of schema orders, and to those made later: expected allowed, found denied: UPDATE on tables made later",
    ],
  );
});

test("objects of extensions are ignored", async () => {
  await query(
    "SET ROLE shop_orders_migrator; CREATE TABLE orders.brought (n int); RESET ROLE; REVOKE ALL ON orders.brought FROM shop_orders_reader",
  );
  await tester.join("reader");
  assert.equal((await tester.wrong("reader")).length, 1);
  await query("ALTER EXTENSION plpgsql ADD TABLE orders.brought");
  assert.deepEqual(await tester.wrong("reader"), []);
  await query("ALTER EXTENSION plpgsql DROP TABLE orders.brought; DROP TABLE orders.brought");
});

test("a table's name cannot forge a line or control a terminal", async () => {
  const name = '"x\nattempt 0 00000\x1b[31m\u202e"';
  assert.deepEqual(
    await wrongWhile(
      `SET ROLE shop_orders_migrator; CREATE TABLE orders.${name} (n int); GRANT INSERT ON orders.${name} TO tester`,
      "reader",
      `DROP TABLE orders.${name}`,
    ),
    [`${WRITE}: INSERT on table "x?attempt 0 00000?[31m?"`],
  );
});

test("connecting to another application's database is found", async () => {
  assert.deepEqual(
    await wrongWhile(
      "GRANT CONNECT ON DATABASE ledger TO tester",
      "reader",
      "REVOKE CONNECT ON DATABASE ledger FROM tester",
    ),
    ["connect to database ledger: expected denied, found allowed"],
  );
});

test("a missing schema fails the test", async () => {
  assert.deepEqual(
    await wrongWhile("ALTER SCHEMA other RENAME TO elsewhere", "reader", "ALTER SCHEMA elsewhere RENAME TO other"),
    ["read or write any table of schema other: expected denied, found failed: there is no such schema"],
  );
});

test("a server that refuses ALTER SYSTEM to everybody denies it", async () => {
  await tester.join("reader");
  const [row] = await query("SHOW data_directory");
  const file = join(String(row?.data_directory), "postgresql.auto.conf");
  const before = readFileSync(file, "utf8");
  try {
    writeFileSync(file, `${before}\nallow_alter_system = off\n`);
    await query("SELECT pg_reload_conf()");
    assert.deepEqual(await tester.wrong("reader"), []);
  } finally {
    writeFileSync(file, before);
    await query("SELECT pg_reload_conf()");
  }
});
