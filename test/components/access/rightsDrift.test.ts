import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type pg from "pg";
import { PROFILES, RIGHTS } from "../../../components/access/profiles.ts";
import { type DriftedRight, restoring, rightsDrift } from "../../../components/access/rightsDrift.ts";
import type { WantedRight } from "../../../components/access/wantedRights.ts";
import type { Session } from "../../../components/postgres/adminSession.ts";
import { TestServer } from "../../harness/testServer.ts";

// What counts as a right given or taken by hand, and the statements that put it right, run as an administrator. That a refresh shows
// them and `up` acts on them, on each version of PostgreSQL, is test/e2e/rights.test.ts.
let server: TestServer;
let admin: pg.Client;
const query = (sql: string) => server.server.asService(sql, "shop");
const ROLES = ["reader", "writer", "migrator", "owner"].map((profile) => `shop_orders_${profile}`);
const LATER = "ALTER DEFAULT PRIVILEGES FOR ROLE shop_orders_migrator";

before(async () => {
  server = await TestServer.open();
  await server.server.createDatabase("shop");
  admin = await server.connect("admin", await server.token(server.admin), "shop");
  await admin.query(ROLES.map((role) => `CREATE ROLE ${role}`).join("; "));
  await query(
    `GRANT shop_orders_reader TO shop_orders_writer; GRANT shop_orders_writer TO shop_orders_migrator;
    CREATE ROLE bob; CREATE ROLE carol; CREATE SCHEMA orders AUTHORIZATION shop_orders_owner;
    GRANT CONNECT ON DATABASE shop TO shop_orders_reader; GRANT TEMPORARY ON DATABASE shop TO shop_orders_writer;
    GRANT USAGE ON SCHEMA orders TO shop_orders_reader; GRANT CREATE ON SCHEMA orders TO shop_orders_migrator;
    ${LATER} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ${LATER} IN SCHEMA orders GRANT SELECT ON TABLES TO shop_orders_reader;
    ${LATER} IN SCHEMA orders GRANT INSERT, UPDATE, DELETE ON TABLES TO shop_orders_writer;
    ${LATER} IN SCHEMA orders GRANT SELECT ON SEQUENCES TO shop_orders_reader; ${LATER} IN SCHEMA orders GRANT USAGE ON SEQUENCES TO shop_orders_writer;
    ${LATER} IN SCHEMA orders GRANT EXECUTE ON FUNCTIONS TO shop_orders_reader; SET ROLE shop_orders_migrator;
    CREATE TABLE orders.a (n int); CREATE TABLE orders.b (n int); CREATE SEQUENCE orders.ids; CREATE MATERIALIZED VIEW orders.m AS SELECT 1 AS n;
    CREATE FUNCTION orders.f(int, text[]) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  );
});
after(async () => {
  await admin?.end();
  await server?.close();
});

const session: Session = { query: async (text, values) => (await admin.query(text, values)) as never };
const PROFILE_RIGHTS: WantedRight[] = PROFILES.flatMap((profile, index) =>
  RIGHTS[profile].map(({ objectType: kind, privileges: words }) => ({
    grantee: ROLES[index] ?? "",
    kind,
    words,
    objects: null,
  })),
);
const look = (grants: WantedRight[] = []) => {
  const wanted = [...PROFILE_RIGHTS, ...grants];
  return rightsDrift(session, { schema: "orders", roles: ROLES, creator: "shop_orders_migrator", wanted });
};
const lines = (found: DriftedRight[]) => found.map(({ own, line }) => `${own ? "own" : "other"}: ${line}`);

/** What is found after some statements; what it says puts right, does, as an administrator who owns none of it. */
async function found(sql: string, grants: WantedRight[] = []): Promise<string[]> {
  await query(sql);
  const seen = await look(grants);
  await admin.query(restoring(seen).join("; "));
  assert.deepEqual(await look(grants), [], "it was not put right");
  return lines(seen);
}

beforeEach(async () => {
  assert.deepEqual(await look(), []);
});

test("a right is named once, with its words together, whoever has it: a role, PUBLIC, on a column", async () => {
  assert.deepEqual(
    await found(
      `GRANT DELETE, INSERT ON orders.a TO bob; GRANT UPDATE (n), SELECT (n) ON orders.b TO bob; GRANT SELECT ON orders.m TO PUBLIC;
      GRANT EXECUTE ON FUNCTION orders.f TO PUBLIC; GRANT CREATE ON SCHEMA orders TO carol`,
    ),
    [
      "other: CREATE on schema orders given to carol",
      "other: DELETE, INSERT on table orders.a given to bob",
      "other: EXECUTE on routine orders.f(integer,text[]) given to PUBLIC",
      "other: SELECT (n), UPDATE (n) on table orders.b given to bob",
      "other: SELECT on table orders.m given to PUBLIC",
    ],
  );
});

test("what was passed on goes with the right to pass on", async () => {
  assert.deepEqual(
    await found(
      `GRANT USAGE ON SCHEMA orders TO bob WITH GRANT OPTION; SET ROLE bob; GRANT USAGE ON SCHEMA orders TO carol; RESET ROLE;
      GRANT SELECT ON orders.a TO shop_orders_reader WITH GRANT OPTION; SET ROLE shop_orders_reader; GRANT SELECT ON orders.a TO carol`,
    ),
    [
      "own: passing on SELECT on table orders.a given to shop_orders_reader",
      "other: USAGE on schema orders given to bob",
      "other: USAGE on schema orders given to carol",
      "other: SELECT on table orders.a given to carol",
    ],
  );
});

test("what another administrator passed on is taken back in that one's name", async () => {
  await admin.query("CREATE ROLE dba");
  assert.deepEqual(
    await found(
      `GRANT azure_pg_admin TO dba; GRANT USAGE ON SCHEMA orders TO dba; GRANT SELECT ON orders.a TO dba WITH GRANT OPTION;
      GRANT DELETE ON orders.a TO carol; SET ROLE dba; GRANT SELECT ON orders.a TO bob`,
    ),
    ["other: DELETE on table orders.a given to carol", "other: SELECT on table orders.a given to bob"],
  );
  await query("DROP OWNED BY dba; DROP ROLE dba");
});

test("rights on what is made later, in the schema and everywhere, of the roles that make things there", async () => {
  assert.deepEqual(
    await found(
      `${LATER} GRANT EXECUTE ON FUNCTIONS TO PUBLIC; ${LATER} GRANT SELECT ON SEQUENCES TO bob; ${LATER} IN SCHEMA orders GRANT SELECT ON TABLES TO bob;
      ALTER DEFAULT PRIVILEGES FOR ROLE admin IN SCHEMA orders GRANT SELECT ON TABLES TO carol, shop_orders_reader;
      ALTER DEFAULT PRIVILEGES FOR ROLE admin GRANT SELECT ON TABLES TO carol`,
    ),
    [
      "own: EXECUTE on functions made later FOR ROLE shop_orders_migrator given to PUBLIC",
      "other: SELECT on sequences made later FOR ROLE shop_orders_migrator given to bob",
      "other: SELECT on tables made later FOR ROLE admin IN SCHEMA orders given to carol",
      "other: SELECT on tables made later FOR ROLE shop_orders_migrator IN SCHEMA orders given to bob",
    ],
  );
});

test("the profiles' roles: what they have too much, and what they lost, of the database, too", async () => {
  assert.deepEqual(
    await found(
      `GRANT CREATE ON DATABASE shop TO shop_orders_migrator; GRANT CONNECT ON DATABASE shop TO bob; REVOKE CONNECT ON DATABASE shop FROM shop_orders_reader;
      GRANT TRUNCATE ON orders.m TO shop_orders_writer; REVOKE SELECT ON orders.m FROM shop_orders_reader; REVOKE USAGE ON SCHEMA orders FROM shop_orders_reader;
      REVOKE UPDATE ON orders.a FROM shop_orders_writer; GRANT UPDATE (n) ON orders.a TO shop_orders_writer`,
    ),
    [
      "own: USAGE on schema orders taken from shop_orders_reader",
      "own: CONNECT on database shop taken from shop_orders_reader",
      "own: CREATE on database shop given to shop_orders_migrator",
      "own: SELECT on table orders.m taken from shop_orders_reader",
      "own: TRUNCATE on table orders.m given to shop_orders_writer",
      "own: UPDATE on table orders.a taken from shop_orders_writer",
    ],
  );
});

test("what `grants` says is meant, on its objects and no others", async () => {
  const grants = [
    { grantee: "bob", kind: "table", objects: ["a"], words: ["TRUNCATE"] },
    { grantee: "bob", kind: "function", objects: ["f(integer, text[])"], words: ["EXECUTE"] },
    { grantee: "carol", kind: "sequence", objects: null, words: ["SELECT"] },
    { grantee: "public", kind: "schema", objects: null, words: ["USAGE"] },
  ] as const;
  assert.deepEqual(
    await found(
      `GRANT TRUNCATE ON orders.a, orders.b TO bob; GRANT EXECUTE ON FUNCTION orders.f TO bob, carol; GRANT SELECT, UPDATE ON SEQUENCE orders.ids TO carol;
      GRANT USAGE ON SCHEMA orders TO PUBLIC`,
      [...grants],
    ),
    [
      "other: EXECUTE on routine orders.f(integer,text[]) given to carol",
      "other: TRUNCATE on table orders.b given to bob",
      "other: UPDATE on sequence orders.ids given to carol",
    ],
  );
  assert.equal((await look()).length, 4, "without `grants` none of them is meant");
  await query(
    "REVOKE ALL ON orders.a FROM bob; REVOKE ALL ON FUNCTION orders.f FROM bob; REVOKE ALL ON SEQUENCE orders.ids FROM carol; REVOKE USAGE ON SCHEMA orders FROM PUBLIC",
  );
});

test("administrators, owners and extensions may what they may", async () => {
  await query(
    `GRANT ALL ON orders.a TO admin, azure_pg_admin, azuresu; CREATE TABLE orders.brought (n int); GRANT ALL ON orders.brought TO PUBLIC;
    CREATE FUNCTION orders.brought() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER EXTENSION plpgsql ADD TABLE orders.brought;
    ALTER EXTENSION plpgsql ADD FUNCTION orders.brought(); CREATE TABLE orders.of_bob (n int); GRANT SELECT ON orders.of_bob TO shop_orders_reader;
    GRANT INSERT, UPDATE, DELETE ON orders.of_bob TO shop_orders_writer; ALTER TABLE orders.of_bob OWNER TO bob;
    CREATE TABLE orders.of_writer (n int); GRANT SELECT ON orders.of_writer TO shop_orders_reader; ALTER TABLE orders.of_writer OWNER TO shop_orders_writer`,
  );
  assert.deepEqual(await look(), []);
  await query(
    `ALTER EXTENSION plpgsql DROP TABLE orders.brought; ALTER EXTENSION plpgsql DROP FUNCTION orders.brought();
    DROP TABLE orders.brought, orders.of_bob, orders.of_writer; DROP FUNCTION orders.brought(); REVOKE ALL ON orders.a FROM admin, azure_pg_admin, azuresu`,
  );
});

test("hostile names are names in what puts it right", async () => {
  const name = `"x"" TO PUBLIC; DROP TABLE orders.a; --'"`;
  assert.deepEqual(
    await found(`SET ROLE shop_orders_migrator; CREATE TABLE orders.${name} (n int); RESET ROLE; CREATE ROLE ${name};
      GRANT SELECT ON orders.${name} TO ${name}; GRANT SELECT (n) ON orders.${name} TO bob`),
    [
      `other: SELECT (n) on table orders.${name} given to bob`,
      `other: SELECT on table orders.${name} given to ${name}`,
    ],
  );
  await query(`DROP TABLE orders.${name}; DROP ROLE ${name}`);
});

test("a schema that is not there has no rights", async () => {
  await query("ALTER SCHEMA orders RENAME TO gone");
  assert.deepEqual(await look(), []);
  await query("ALTER SCHEMA gone RENAME TO orders");
});
