import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AccessStack } from "./accessStack.ts";

// What DatabaseAccess makes of databases and schemas with a past or a future: one story, each test goes on where the one before ended.
let stack: AccessStack;
before(async () => {
  stack = await AccessStack.open("18");
  for (const database of ["shop", "other", HOSTILE]) {
    await stack.server.server.createDatabase(database);
    // Something that no hostile name may reach.
    await stack.query("CREATE TABLE public.canary AS SELECT 42 AS n", database);
  }
});
after(() => stack?.close());

const HOSTILE = `x"; DROP TABLE canary; --'`;
const HOSTILE_SCHEMA = `o"; DROP TABLE canary; --'`;

const schemas = async (database: string) => {
  const rows = await stack.query(
    "SELECT nspname::text || ' of ' || nspowner::regrole AS name FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)' ORDER BY 1",
    database,
  );
  return rows.map(({ name }) => name);
};
const roles = async () => {
  const rows = await stack.query(
    "SELECT rolname::text AS name FROM pg_roles WHERE rolname ~ '_orders_(reader|writer|migrator|owner)$'",
  );
  return rows.map(({ name }) => String(name)).sort();
};

test("hostile names of a database, a schema, a table and a role are names and nothing else", async () => {
  const role = `r"; DROP TABLE canary; --'`;
  const quoted = `"${role.replaceAll('"', '""')}"`;
  const schema = `"${HOSTILE_SCHEMA.replaceAll('"', '""')}"`;
  await stack.query(`CREATE ROLE ${quoted}`);
  stack.configure([{ database: HOSTILE, schema: HOSTILE_SCHEMA }]);
  await stack.succeed("up");
  const migrator = `"${`${HOSTILE}_${HOSTILE_SCHEMA}_migrator`.replaceAll('"', '""')}"`;
  await stack.query(`SET ROLE ${migrator}; CREATE TABLE ${schema}.${quoted} (n int)`, HOSTILE);
  const grant = { role, objectType: "table", objects: [role], privileges: ["TRIGGER"] };
  stack.configure([{ database: HOSTILE, schema: HOSTILE_SCHEMA, grants: [grant], onDelete: "drop" }]);
  await stack.succeed("up");
  await stack.succeed("preview", "--refresh", "--expect-no-changes");
  const given = await stack.query(
    `SELECT grantee::regrole::text AS role, privilege_type AS privilege FROM pg_class, aclexplode(relacl)
      WHERE relname = '${role.replaceAll("'", "''")}' AND grantee <> relowner ORDER BY 1, 2`,
    HOSTILE,
  );
  assert.deepEqual(
    given.filter(({ role: name }) => name === quoted),
    [{ role: quoted, privilege: "TRIGGER" }],
  );
  await stack.succeed("destroy");
  assert.deepEqual(await schemas(HOSTILE), []);
  for (const database of ["shop", "other", HOSTILE]) {
    assert.deepEqual(await stack.query("SELECT n FROM public.canary", database), [{ n: 42 }]);
  }
});

test("a database in which the administrator may make nothing is refused with its owner", async () => {
  await stack.query("CREATE ROLE elsewhere; ALTER DATABASE other OWNER TO elsewhere");
  const remedies = [
    { open: false, next: /ALTER DATABASE "other" OWNER TO azure_pg_admin/ },
    { open: true, next: /GRANT CREATE ON DATABASE "other" TO "admin"/ },
  ];
  for (const { open, next } of remedies) {
    stack.configure([{ database: "other", schema: "orders", open }]);
    const text = await stack.fail("up");
    assert.match(text, /database "other" belongs to "elsewhere"/);
    assert.match(text, next);
    assert.doesNotMatch(text, /undefined/);
  }
  assert.deepEqual([await schemas("other"), await roles()], [[], []]);
  await stack.query("ALTER DATABASE other OWNER TO azure_pg_admin");
});

test("one schema's name in two databases is two schemas, with roles of their own", async () => {
  stack.configure([
    { database: "shop", schema: "orders" },
    { database: "other", schema: "orders" },
  ]);
  await stack.succeed("up");
  assert.deepEqual(await schemas("shop"), ["orders of shop_orders_owner"]);
  assert.deepEqual(await schemas("other"), ["orders of other_orders_owner"]);
  const [may] = await stack.query(
    `SELECT has_database_privilege('shop_orders_owner', 'other', 'CONNECT') OR has_schema_privilege('shop_orders_writer', 'orders', 'USAGE')
       OR has_database_privilege('shop_orders_migrator', 'other', 'CONNECT') AS anything`,
    "other",
  );
  assert.deepEqual(may, { anything: false });
});

test("onDelete: retain leaves the schema and what is in it to the administrator, refuse leaves everything as it was", async () => {
  await stack.query("SET ROLE shop_orders_migrator; CREATE TABLE orders.kept AS SELECT 1 AS n", "shop");
  await stack.query("SET ROLE other_orders_migrator; CREATE TABLE orders.held AS SELECT 1 AS n", "other");
  stack.configure([
    { database: "shop", schema: "orders", onDelete: "retain" },
    { database: "other", schema: "orders" },
  ]);
  await stack.succeed("up");
  stack.configure([{ database: "other", schema: "orders" }]);
  await stack.succeed("up");
  assert.deepEqual(await stack.query("SELECT n FROM orders.kept", "shop"), [{ n: 1 }]);
  assert.deepEqual(
    await roles(),
    ["migrator", "owner", "reader", "writer"].map((profile) => `other_orders_${profile}`),
  );

  stack.configure([]);
  assert.match(await stack.fail("up"), /found: +1 object\(s\): table orders\.held; nothing was dropped/);
  assert.deepEqual(await schemas("other"), ["orders of other_orders_owner"]);
});

test("onDelete: drop takes the tables with it", async () => {
  stack.configure([{ database: "other", schema: "orders", onDelete: "drop" }]);
  await stack.succeed("up");
  await stack.succeed("destroy");
  assert.deepEqual([await schemas("other"), await roles()], [[], []]);
});
