import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Prover } from "../../harness/prover.ts";
import { TestServer } from "../../harness/testServer.ts";

// What the proof makes of rights that no configuration says, on a schema made by hand as DatabaseAccess makes it. That the profiles' own
// rights hold, on each version of PostgreSQL, is test/e2e/rights.test.ts.
let server: TestServer;
let prover: Prover;
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
  const place = { database: "shop", schema: "orders", foreignSchemas: ["other"], foreignDatabases: ["ledger"] };
  prover = await Prover.create({ server, query }, place);
});
after(async () => {
  await prover?.close();
  await server?.close();
});

const WRITE = "write to any table of schema orders, or to those made later: expected denied, found allowed";

/** What the proof says while something is otherwise. */
async function wrongWhile(by: string, profile: string, back: string): Promise<string[]> {
  await prover.join(profile);
  await query(by);
  try {
    return await prover.wrong(profile);
  } finally {
    await query(back);
  }
}

test("it changes nothing, and waits for nobody's lock", async () => {
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
      await prover.join(profile);
      assert.deepEqual(await prover.wrong(profile), [], profile);
    }
  } finally {
    await migration.end();
  }
  assert.deepEqual(await all(), before);
});

test("a right on one column, of PUBLIC, on what is made later, or by a role to be taken on: none is denied", async () => {
  assert.deepEqual(
    await wrongWhile(
      "GRANT UPDATE (n) ON orders.item TO prover",
      "reader",
      "REVOKE UPDATE (n) ON orders.item FROM prover",
    ),
    [`${WRITE}: UPDATE on table item`],
  );
  assert.deepEqual(
    await wrongWhile("GRANT DELETE ON orders.item TO PUBLIC", "reader", "REVOKE DELETE ON orders.item FROM PUBLIC"),
    [`${WRITE}: DELETE on table item`],
  );
  for (const [where, grantee] of [
    ["IN SCHEMA orders", "PUBLIC"],
    ["", "prover"],
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
      "CREATE ROLE helper; GRANT INSERT ON orders.item TO helper; GRANT helper TO prover WITH INHERIT FALSE",
      "reader",
      "DROP OWNED BY helper; DROP ROLE helper",
    ),
    [`${WRITE}: INSERT on table item`],
  );
});

test("what is lost on what is made later is no less lost", async () => {
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

test("what an extension brought along is its own matter", async () => {
  await query(
    "SET ROLE shop_orders_migrator; CREATE TABLE orders.brought (n int); RESET ROLE; REVOKE ALL ON orders.brought FROM shop_orders_reader",
  );
  await prover.join("reader");
  assert.equal((await prover.wrong("reader")).length, 1);
  await query("ALTER EXTENSION plpgsql ADD TABLE orders.brought");
  assert.deepEqual(await prover.wrong("reader"), []);
  await query("ALTER EXTENSION plpgsql DROP TABLE orders.brought; DROP TABLE orders.brought");
});

test("a table's name forges no line and rules no terminal", async () => {
  const name = '"x\nattempt 0 00000\x1b[31m\u202e"';
  assert.deepEqual(
    await wrongWhile(
      `SET ROLE shop_orders_migrator; CREATE TABLE orders.${name} (n int); GRANT INSERT ON orders.${name} TO prover`,
      "reader",
      `DROP TABLE orders.${name}`,
    ),
    [`${WRITE}: INSERT on table "x?attempt 0 00000?[31m?"`],
  );
});

test("a database that is not the application's is entered by nobody of it", async () => {
  assert.deepEqual(
    await wrongWhile(
      "GRANT CONNECT ON DATABASE ledger TO prover",
      "reader",
      "REVOKE CONNECT ON DATABASE ledger FROM prover",
    ),
    ["enter database ledger: expected denied, found allowed"],
  );
});

test("a schema that is not there proves nothing", async () => {
  assert.deepEqual(
    await wrongWhile("ALTER SCHEMA other RENAME TO elsewhere", "reader", "ALTER SCHEMA elsewhere RENAME TO other"),
    ["read or write any table of schema other: expected denied, found failed: there is no such schema"],
  );
});
