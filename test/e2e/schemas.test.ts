import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AccessStack } from "../harness/accessStack.ts";

// What SchemaAccess makes of databases and schemas with a past or a future: one story, each test goes on where the one before ended.
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

test("hostile names of databases, schemas, tables and roles are quoted", async () => {
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

test("a database of another owner is refused, then accepted after the error's remedy", async () => {
  const admin = (sql: string) => stack.server.query("admin", stack.server.admin, sql, "other");
  await admin("CREATE ROLE elsewhere");
  await stack.query("ALTER DATABASE other OWNER TO elsewhere; GRANT CREATE ON DATABASE other TO admin");
  let remedy = "";
  // The right to create a schema there is not enough: the owner decides who can connect.
  for (const open of [false, true]) {
    stack.configure([{ database: "other", schema: "orders", open }]);
    const text = await stack.fail("up");
    assert.match(text, /EP-ACCESS-02/);
    assert.match(text, /found: +database "other" belongs to "elsewhere"/);
    [remedy = ""] = /GRANT "elsewhere" TO CURRENT_USER; ALTER DATABASE .*$/m.exec(text) ?? [];
  }
  assert.deepEqual([await schemas("other"), await roles()], [[], []]);
  await admin(remedy);
  await stack.succeed("up");
  assert.deepEqual(await schemas("other"), ["orders of other_orders_owner"]);
  await stack.succeed("destroy");
  await stack.query("REVOKE CREATE ON DATABASE other FROM admin");
});

test("a database of Azure's own role is refused without an impossible remedy", async () => {
  await stack.query("ALTER DATABASE other OWNER TO azuresu");
  stack.configure([{ database: "other", schema: "orders" }]);
  const text = await stack.fail("up");
  assert.match(
    text,
    /belongs to "azuresu"\n +next: +use a database that was created after the server's administrators$/m,
  );
  await stack.query("ALTER DATABASE other OWNER TO azure_pg_admin");
});

test("a name in grants that PostgreSQL would truncate is refused", async () => {
  const [table, role] = ["t".repeat(63), "r".repeat(63)];
  await stack.query(`CREATE ROLE ${role}; CREATE ROLE etl`);
  stack.configure([{ database: "shop", schema: "orders" }]);
  await stack.succeed("up");
  await stack.query(`SET ROLE shop_orders_migrator; CREATE TABLE orders.${table} (n int)`, "shop");
  const grant = { objectType: "table", privileges: ["TRUNCATE"] };
  stack.configure([
    {
      database: "shop",
      schema: "orders",
      grants: [
        { ...grant, role: "etl", objects: [`${table}X`] },
        { ...grant, role: `${role}X`, objects: [table] },
        { ...grant, role: "etl", objects: ["a\0"] },
        { ...grant, role: "etl\n", objects: [table] },
        { ...grant, role: "etl", objects: ["e\u0301"] },
      ],
    },
  ]);
  const text = await stack.fail("up");
  assert.equal(text.match(/has 64 bytes, the limit is 63: PostgreSQL would cut it to another name/g)?.length, 2, text);
  assert.match(text, /holds the character U\+0000/);
  assert.match(text, /begins or ends with white space/);
  assert.match(text, /is not in Unicode normal form NFC/);
  const late = [{ ...grant, role: `${role}X`, objects: [table] }];
  stack.configure([{ database: "shop", schema: "orders", grants: late, rolesLater: true }]);
  assert.match(await stack.fail("up"), /property grants.*"r+X" has 64 bytes.*EP-ACCESS-01/s);
  const [may] = await stack.query(
    `SELECT has_table_privilege('etl', 'orders.${table}', 'TRUNCATE') OR has_table_privilege('${role}', 'orders.${table}', 'TRUNCATE') AS either`,
    "shop",
  );
  assert.deepEqual(may, { either: false });
  await stack.query(`DROP TABLE orders.${table}`, "shop");
  await stack.succeed("destroy");
  await stack.query(`DROP ROLE ${role}; DROP ROLE etl`);
});

test("one schema name in two databases has separate roles", async () => {
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

test("onDelete: retain keeps the schema for the administrator, refuse changes nothing", async () => {
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
    ["other", "shop"].flatMap((database) =>
      ["migrator", "owner", "reader", "writer"].map((profile) => `${database}_orders_${profile}`),
    ),
    "the roles that own it are kept, too",
  );

  stack.configure([]);
  assert.match(await stack.fail("up"), /found: +1 object\(s\): table orders\.held; nothing was dropped/);
  assert.deepEqual(await schemas("other"), ["orders of other_orders_owner"]);
});

test("onDelete: drop takes the tables with it", async () => {
  stack.configure(["other", "shop"].map((database) => ({ database, schema: "orders", onDelete: "drop" })));
  await stack.succeed("up");
  assert.deepEqual(await stack.query("SELECT n FROM orders.kept", "shop"), [{ n: 1 }], "what was kept is adopted");
  await stack.succeed("destroy");
  assert.deepEqual([await schemas("other"), await roles()], [[], []]);
});
