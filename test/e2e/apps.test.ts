import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Program } from "../../tools/harness/program.ts";

// Two applications in one database, as `make sandbox` shows them, and one in another: one story, each test goes on where the one before
// ended.
let program: Program;
before(async () => {
  program = await Program.start();
  program.configure();
  await program.init("sandbox");
});
after(() => program?.stop());

const UP = ["up", "--yes", "--skip-preview", "--non-interactive"];
const APPS = [
  { name: "orders", profile: "migrator", vmName: "orders-vm" },
  { name: "reports", profile: "reader", vmName: "reports-vm" },
  { name: "billing", profile: "writer", vmName: "billing-vm", database: "ledger" },
];
const OTHERS = APPS.slice(1);
const run = (args: string[]) => program.pulumi(args);
const succeed = async (args: string[]) => {
  const { exitCode, text } = await run(args);
  assert.equal(exitCode, 0, text);
  return text;
};
const fail = async (args: string[]) => {
  const { exitCode, text } = await run(args);
  assert.notEqual(exitCode, 0, text);
  return text;
};
/** What a query says to a VM's identity. */
const as = async (vm: string, sql: string, database = "app") => {
  const [principal] = program.sandbox.directory.findByName(vm);
  assert.ok(principal);
  return await program.queryAs(vm, await program.token(principal), sql, database);
};
/** Everything that an application leaves in the server's catalogs: roles, memberships, rights, defaults, settings, schemas, sessions. */
const catalogs = async () => {
  const acl = (array: string) => `(SELECT string_agg(a, ',' ORDER BY a) FROM unnest(${array}::text[]) AS a)`;
  const rows = await program.queryAsAdmin(
    `SELECT 'role ' || rolname AS line FROM pg_roles
    UNION ALL SELECT 'member ' || r.rolname || ' ' || m.rolname || ' by ' || g.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
      JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.grantor
    UNION ALL SELECT 'database ' || datname || ' ' || coalesce(${acl("datacl")}, '') FROM pg_database
    UNION ALL SELECT 'schema ' || nspname || ' ' || coalesce(${acl("nspacl")}, '') FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
    UNION ALL SELECT 'default ' || defaclrole::regrole || ' ' || defaclobjtype::text || ' ' || ${acl("defaclacl")} FROM pg_default_acl
    UNION ALL SELECT 'setting ' || setrole || ' ' || array_to_string(setconfig, ',') FROM pg_db_role_setting
    UNION ALL SELECT 'session ' || usename FROM pg_stat_activity WHERE usename LIKE '%-vm'
    UNION ALL SELECT 'depends ' || refobjid::regrole || ' ' || count(*) FROM pg_shdepend
      WHERE refclassid = 'pg_authid'::regclass GROUP BY refobjid
    ORDER BY 1`,
    "app",
  );
  return rows.map(({ line }) => String(line));
};
let beforeOrders: string[];
const DENIED = { code: "42501" };

test("a schema of another owner is refused before anything is granted", async () => {
  program.configure({ apps: OTHERS });
  await succeed(UP);
  await program.sql(
    "CREATE ROLE stranger; GRANT stranger TO CURRENT_USER; CREATE SCHEMA orders AUTHORIZATION stranger",
    "app",
  );
  program.configure({ apps: APPS });
  const text = await fail(UP);
  assert.match(text, /schema "orders" on localhost:\d+\/app: claiming the schema failed\./);
  assert.match(text, /found: +it belongs to "stranger"/);
  assert.doesNotMatch(text, /orders-reader created/);
  const [aside] = /ALTER SCHEMA "orders" RENAME TO "orders_before"/.exec(text) ?? [];
  await program.sql(`${aside}; DROP SCHEMA orders_before; DROP ROLE stranger`, "app");
  beforeOrders = await catalogs();
  assert.ok(
    beforeOrders.some((line) => line.startsWith("default app_reports_migrator")),
    "the snapshot sees defaults",
  );
});

test("each application has the rights of its profile and no others", async () => {
  program.configure({ apps: APPS });
  await succeed(UP);
  const { receipts } = await program.outputs();
  const orders = receipts.orders as { allowed: string[]; denied: string[]; sessionUser: string; currentUser: string };
  const reports = receipts.reports as typeof orders;
  const billing = receipts.billing as typeof orders;
  assert.deepEqual([orders.sessionUser, orders.currentUser], ["orders-vm", "app_orders_migrator"]);
  assert.deepEqual([reports.sessionUser, reports.currentUser], ["reports-vm", "reports-vm"]);
  assert.ok(orders.allowed.includes("create a table in schema orders"));
  assert.ok(orders.denied.includes("read or write any table of schema reports"));
  assert.ok(reports.allowed.includes("read every table, view and sequence of schema reports, and those made later"));
  for (const denied of [
    "write to any table of schema reports, or to those made later",
    "make temporary tables",
    "create a table in schema reports",
    "read or write any table of schema orders",
    "create a role",
    "alter system",
  ]) {
    assert.ok(reports.denied.includes(denied), denied);
  }
  assert.ok(billing.allowed.includes("write to every table of schema billing, and to those made later"));
  for (const each of [orders, reports]) assert.ok(each.denied.includes("connect to database ledger"));
  assert.ok(billing.denied.includes("connect to database app"));
  await assert.rejects(as("reports-vm", "SELECT 1", "ledger"), DENIED);
  await assert.rejects(as("billing-vm", "SELECT 1", "app"), DENIED);
});

test("a second preview and a refresh show no changes", async () => {
  await succeed(["preview", "--expect-no-changes", "--non-interactive"]);
  await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive"]);
});

test("a migrator's table belongs to the migrator role; readers can read it at once", async () => {
  await as("orders-vm", "CREATE TABLE orders.item (id int GENERATED BY DEFAULT AS IDENTITY, name text)");
  await as("orders-vm", "INSERT INTO orders.item (name) VALUES ('one')");
  const [owner] = await as("orders-vm", "SELECT tableowner FROM pg_tables WHERE tablename = 'item'");
  assert.equal(owner?.tableowner, "app_orders_migrator");
  await program.sql('GRANT app_orders_reader TO "reports-vm"', "app");
  assert.deepEqual(await as("reports-vm", "SELECT name FROM orders.item"), [{ name: "one" }]);
  await assert.rejects(as("reports-vm", "INSERT INTO orders.item (name) VALUES ('two')"), DENIED);
  await assert.rejects(as("reports-vm", "CREATE TABLE orders.other (n int)"), DENIED);
});

test("refresh shows a membership granted outside Pulumi, up revokes it", async () => {
  const text = await fail(["refresh", "--preview-only", "--diff", "--expect-no-changes", "--non-interactive"]);
  assert.match(text, /app_orders_reader/);
  await succeed([...UP, "--refresh"]);
  await assert.rejects(as("reports-vm", "SELECT name FROM orders.item"), DENIED);
});

test("refresh shows rights revoked outside Pulumi, up grants them again", async () => {
  await program.sql(
    `GRANT app_orders_owner, app_orders_migrator, app_reports_owner TO CURRENT_USER;
    REVOKE CREATE ON SCHEMA orders FROM app_orders_migrator;
    REVOKE SELECT ON orders.item FROM app_orders_reader;
    REVOKE USAGE ON SCHEMA reports FROM app_reports_reader;
    ALTER DEFAULT PRIVILEGES FOR ROLE app_orders_migrator IN SCHEMA orders REVOKE SELECT ON TABLES FROM app_orders_reader;
    REVOKE app_orders_owner, app_orders_migrator, app_reports_owner FROM CURRENT_USER;
    ALTER ROLE "orders-vm" IN DATABASE app RESET role`,
    "app",
  );
  await assert.rejects(as("orders-vm", "CREATE TABLE orders.another (n int)"), DENIED);
  const text = await fail(["refresh", "--preview-only", "--diff", "--expect-no-changes", "--non-interactive"]);
  for (const seen of [
    "orders-migrator-schema",
    "orders-reader-table",
    "reports-reader-schema",
    "orders-later-table-reader",
    "actsAs",
  ]) {
    assert.match(text, new RegExp(seen));
  }
  await succeed([...UP, "--refresh"]);
  await as("orders-vm", "CREATE TABLE orders.another (n int)");
  const [row] = await as(
    "orders-vm",
    "SELECT has_table_privilege('app_orders_reader', 'orders.another', 'SELECT') AS may",
  );
  assert.equal(row?.may, true);
  await succeed(["preview", "--expect-no-changes", "--non-interactive"]);
  await succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive"]);
});

test("a right beyond the profile fails the connection test, which names it", async () => {
  await program.sql(
    'GRANT CREATE ON SCHEMA public TO "reports-vm"; GRANT CONNECT ON DATABASE ledger TO "reports-vm"',
    "app",
  );
  const urn = (await program.resources()).find(({ urn }) => urn.endsWith("::reports-ssh"))?.urn ?? "";
  const text = await fail([...UP, "--replace", urn]);
  assert.match(text, /the rights of role reports-vm in database app are not what its profile says/);
  assert.match(text, /create a table in schema public: expected denied, found allowed/);
  assert.match(text, /connect to database ledger: expected denied, found allowed/);
  await program.sql(
    'REVOKE CREATE ON SCHEMA public FROM "reports-vm"; REVOKE CONNECT ON DATABASE ledger FROM "reports-vm"',
    "app",
  );
  await succeed(UP);
});

test("removing an application needs an empty schema or onDelete: drop", async () => {
  const withName = async (name: RegExp) =>
    (await program.resources()).map(({ urn }) => urn).filter((urn) => name.test(urn.split("::").at(-1) ?? ""));
  const before = await withName(/orders/);
  program.configure({ apps: OTHERS });
  const text = await fail(UP);
  assert.match(text, /schema "orders" on .*deleting the schema failed[\s\S]*EP-ACCESS-05/);
  assert.match(text, /found: +\d object\(s\): .*table orders\.item/);
  const [kept] = await program.queryAsAdmin(
    "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'orders' AND tablename = 'item') AS there",
    "app",
  );
  assert.equal(kept?.there, true);
  // It was refused before anything else of the application went: it goes on as if nobody had tried.
  assert.deepEqual(await withName(/orders/), before);
  assert.equal((await as("orders-vm", "SELECT count(*) FROM item")).length, 1, "its tables by their names alone");
  program.configure({ apps: [{ ...APPS[0], onDelete: "drop" }, ...OTHERS] });
  await succeed(UP);
  program.configure({ apps: OTHERS });
  await succeed(UP);
  assert.deepEqual(await catalogs(), beforeOrders, "something of the application is left");
});

test("destroy leaves nothing", async () => {
  await succeed(["destroy", "--yes", "--skip-preview", "--non-interactive"]);
  assert.deepEqual(await program.resources(), []);
});
