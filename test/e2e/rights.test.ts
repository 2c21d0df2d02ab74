import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rightsWithin } from "../../components/access/rightsPage.ts";
import { POSTGRES_VERSIONS } from "../../sandbox/postgres/binaries.ts";
import { AccessStack } from "../harness/accessStack.ts";
import { RightsTester } from "../harness/rightsTester.ts";
import { isEveryday } from "../suites.ts";

const ROLES = ["reader", "writer", "migrator", "owner"].map((profile) => `shop_orders_${profile}`);
const ALL_ON_TABLES = ["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"];

/** What each profile's role may do, as the table of docs/deploy.md says. What the migrator makes is its own, so it may do anything to it. */
const expected = (tables: string[]) => {
  const nothing = { database: [], schema: [], table: [], view: [], sequence: [], function: [], procedure: [] };
  // A type is everybody's where the schema is theirs to use.
  const type = ["USAGE"];
  const execute = { function: ["EXECUTE"], procedure: ["EXECUTE"] };
  const writes = ["DELETE", "INSERT", "SELECT", "UPDATE"];
  const writer = { table: writes, view: writes, sequence: ["SELECT", "USAGE"] };
  const owns = { table: tables, view: tables, sequence: ["SELECT", "UPDATE", "USAGE"] };
  const reads = { table: ["SELECT"], view: ["SELECT"], sequence: ["SELECT"] };
  return {
    shop_orders_reader: { database: ["CONNECT"], schema: ["USAGE"], ...reads, ...execute, type },
    shop_orders_writer: { database: ["CONNECT", "TEMPORARY"], schema: ["USAGE"], ...writer, ...execute, type },
    shop_orders_migrator: {
      database: ["CONNECT", "TEMPORARY"],
      schema: ["CREATE", "USAGE"],
      ...owns,
      ...execute,
      type,
    },
    shop_orders_owner: { ...nothing, schema: ["CREATE", "USAGE"], type },
    stranger: { ...nothing, type },
  };
};

/** What a migrator makes, under a name of its own. */
const made = (name: string) =>
  `SET ROLE shop_orders_migrator; CREATE TABLE orders.${name} (n int); CREATE SEQUENCE orders.${name}_ids;
   CREATE VIEW orders.${name}_view AS SELECT 1 AS n; CREATE TYPE orders.${name}_kind AS ENUM ('x');
   CREATE PROCEDURE orders.${name}_by() LANGUAGE sql AS 'SELECT 1';
   CREATE FUNCTION orders.${name}_of() RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE;`;

for (const version of isEveryday ? POSTGRES_VERSIONS.slice(-1) : POSTGRES_VERSIONS) {
  describe(`on PostgreSQL ${version}`, () => {
    let stack: AccessStack;
    const tables = version === "16" ? ALL_ON_TABLES : [...ALL_ON_TABLES, "MAINTAIN"].sort();
    before(async () => {
      stack = await AccessStack.open(version);
      await stack.server.server.createDatabase("shop");
      stack.configure([{ database: "shop", schema: "orders" }]);
      await stack.succeed("up");
      await stack.query("CREATE ROLE stranger", "shop");
      await stack.query(made("later"), "shop");
      await stack.query("CREATE SCHEMA other; CREATE TABLE other.t (n int); CREATE TABLE public.t (n int)", "shop");
    });
    after(() => stack?.close());

    /** What each role may do with the objects of that name, asked of PostgreSQL word for word. */
    const rights = async (name: string) => {
      const words = {
        database: { named: "shop", privileges: ["CONNECT", "CREATE", "TEMPORARY"] },
        schema: { named: "orders", privileges: ["CREATE", "USAGE"] },
        table: { named: `orders.${name}`, privileges: tables },
        view: { named: `orders.${name}_view`, privileges: tables },
        sequence: { named: `orders.${name}_ids`, privileges: ["SELECT", "UPDATE", "USAGE"] },
        function: { named: `orders.${name}_of()`, privileges: ["EXECUTE"] },
        procedure: { named: `orders.${name}_by()`, privileges: ["EXECUTE"] },
        type: { named: `orders.${name}_kind`, privileges: ["USAGE"] },
      };
      const asks: Record<string, string> = { view: "table", procedure: "function" };
      const found: Record<string, Record<string, unknown>> = {};
      for (const role of [...ROLES, "stranger"]) {
        const ofRole: Record<string, unknown> = {};
        for (const [kind, { named, privileges }] of Object.entries(words)) {
          const asked = privileges.map((word) => `('${word}')`).join(", ");
          const [row] = await stack.query(
            `SELECT array_agg(word ORDER BY word) FILTER (WHERE has_${asks[kind] ?? kind}_privilege('${role}', '${named}', word)) AS may
               FROM (VALUES ${asked}) AS words (word)`,
            "shop",
          );
          ofRole[kind] = row?.may ?? [];
        }
        found[role] = ofRole;
      }
      return found;
    };

    test("each profile has exactly its rights on what is made later", async () => {
      const found = await rights("later");
      assert.deepEqual(found, expected(tables));
      // The page says of members what PostgreSQL says of the roles.
      for (const profile of ["reader", "writer"] as const) {
        for (const kind of ["database", "schema", "table", "sequence", "function"] as const) {
          assert.deepEqual(found[`shop_orders_${profile}`]?.[kind], rightsWithin(profile, kind), `${profile}, ${kind}`);
        }
      }
    });

    test("refresh shows all rights drift; up repairs the profiles' and refuses others'", async () => {
      const every = version === "16" ? "" : ", MAINTAIN";
      await stack.query(
        `REVOKE ALL ON orders.later, orders.later_view, orders.later_ids FROM shop_orders_reader, shop_orders_writer;
        REVOKE EXECUTE ON PROCEDURE orders.later_by() FROM shop_orders_reader;
        GRANT TRUNCATE ON orders.later, orders.later_view TO shop_orders_writer;
        GRANT CREATE ON SCHEMA orders TO shop_orders_writer; GRANT CREATE ON DATABASE shop TO shop_orders_migrator;
        ALTER DEFAULT PRIVILEGES FOR ROLE shop_orders_migrator GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
        CREATE ROLE other; GRANT INSERT, DELETE${every} ON orders.later TO other; GRANT UPDATE (n) ON orders.later TO stranger;
        GRANT USAGE ON SEQUENCE orders.later_ids TO PUBLIC; GRANT EXECUTE ON PROCEDURE orders.later_by() TO other;
        GRANT USAGE ON SCHEMA orders TO other WITH GRANT OPTION; SET ROLE other; GRANT USAGE ON SCHEMA orders TO stranger; RESET ROLE;
        ALTER DEFAULT PRIVILEGES FOR ROLE shop_orders_migrator IN SCHEMA orders GRANT SELECT ON TABLES TO PUBLIC;
        GRANT SELECT ON orders.later TO admin, azure_pg_admin`,
        "shop",
      );
      const others = [
        `DELETE, INSERT${every} on table orders.later given to other`,
        "UPDATE (n) on table orders.later given to stranger",
        "USAGE on sequence orders.later_ids given to PUBLIC",
        "EXECUTE on routine orders.later_by() given to other",
        "USAGE on schema orders given to other",
        "USAGE on schema orders given to stranger",
        "SELECT on tables made later FOR ROLE shop_orders_migrator IN SCHEMA orders given to PUBLIC",
      ];
      const own = [
        "SELECT on table orders.later_view taken from shop_orders_reader",
        "EXECUTE on routine orders.later_by() taken from shop_orders_reader",
        "TRUNCATE on table orders.later_view given to shop_orders_writer",
        "CREATE on schema orders given to shop_orders_writer",
        "CREATE on database shop given to shop_orders_migrator",
        "EXECUTE on functions made later FOR ROLE shop_orders_migrator given to PUBLIC",
      ];
      const seen = await stack.succeed("preview", "--refresh", "--diff");
      for (const line of [...own, ...others]) assert.ok(seen.includes(line), `${line}\n${seen}`);
      assert.doesNotMatch(seen, /given to (admin|azure_pg_admin)/);

      const text = await stack.fail("up", "--refresh");
      const [, found = ""] = /declared ones failed\.$.*?found: +(.*?)$/ms.exec(text) ?? [];
      assert.deepEqual(found.split("; ").sort(), others.sort(), text);
      const [, statements = ""] = /then this again: (.*)$/m.exec(text) ?? [];
      await stack.server.query("admin", stack.server.admin, statements, "shop");
      await stack.succeed("up");
      assert.deepEqual(await rights("later"), expected(tables));
      await stack.query(made("afterwards"), "shop");
      assert.deepEqual(await rights("afterwards"), expected(tables));
      await stack.succeed("preview", "--refresh", "--expect-no-changes");
      await stack.query("REVOKE SELECT ON orders.later FROM admin, azure_pg_admin; DROP ROLE other", "shop");
    });

    test("the roles have no attributes, no login and no rights outside their schema", async () => {
      const roles = await stack.query(
        `SELECT rolname::text AS name, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS any,
                array(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS "memberOf"
           FROM pg_roles r WHERE rolname LIKE 'shop_orders_%' ORDER BY name`,
      );
      assert.deepEqual(roles, [
        { name: "shop_orders_migrator", any: false, memberOf: ["shop_orders_writer"] },
        { name: "shop_orders_owner", any: false, memberOf: [] },
        { name: "shop_orders_reader", any: false, memberOf: [] },
        { name: "shop_orders_writer", any: false, memberOf: ["shop_orders_reader"] },
      ]);
      const [outside] = await stack.query(
        `SELECT bool_or(has_schema_privilege(role, 'other', 'USAGE') OR has_schema_privilege(role, 'public', 'CREATE')
           OR has_table_privilege(role, 'other.t', 'SELECT') OR has_table_privilege(role, 'public.t', 'SELECT')
           OR has_database_privilege(role, 'shop', 'CREATE')) AS any
         FROM unnest($$ {${ROLES.join(",")}} $$::text[]) AS roles (role)`,
        "shop",
      );
      assert.deepEqual(outside, { any: false });
    });

    test("the connection test passes for each profile and names each wrong right", async () => {
      const tester = await RightsTester.create(stack, {
        database: "shop",
        schema: "orders",
        foreignSchemas: ["other"],
      });
      try {
        await stack.query("SET ROLE shop_orders_migrator; CREATE TABLE orders.b (n int)", "shop");
        for (const profile of ["reader", "writer", "migrator", "owner"]) {
          await tester.join(profile);
          assert.deepEqual(await tester.wrong(profile), [], profile);
        }
        const fails = async (profile: string, by: string, back: string, ...lines: string[]) => {
          await tester.join(profile);
          await stack.query(by, "shop");
          assert.deepEqual(await tester.wrong(profile), lines);
          await stack.query(back, "shop");
        };
        const write = "write to any table of schema orders, or to those made later: expected denied, found allowed";
        await fails(
          "reader",
          "GRANT INSERT, DELETE ON orders.b TO shop_orders_reader",
          "REVOKE INSERT, DELETE ON orders.b FROM shop_orders_reader",
          `${write}: INSERT, DELETE on table b`,
        );
        await fails(
          "reader",
          "GRANT UPDATE (n) ON orders.b TO tester; GRANT USAGE ON SEQUENCE orders.later_ids TO PUBLIC",
          "REVOKE UPDATE (n) ON orders.b FROM tester; REVOKE USAGE ON SEQUENCE orders.later_ids FROM PUBLIC",
          `${write}: UPDATE on table b`,
          "draw numbers from any sequence of schema orders, or from those made later: expected denied, found allowed: USAGE on sequence later_ids",
        );
        await fails(
          "reader",
          "GRANT shop_orders_writer TO tester WITH INHERIT FALSE",
          "REVOKE shop_orders_writer FROM tester",
          `${write}: INSERT, UPDATE, DELETE on table afterwards; INSERT, UPDATE, DELETE on table b; INSERT, UPDATE, DELETE on table later; INSERT, UPDATE, DELETE on tables made later; INSERT, UPDATE, DELETE on view afterwards_view; 1 more`,
          "draw numbers from any sequence of schema orders, or from those made later: expected denied, found allowed: USAGE on sequence afterwards_ids; USAGE on sequence later_ids; USAGE on sequences made later",
          "make temporary tables: expected denied, found allowed",
        );
        await fails(
          "writer",
          `REVOKE UPDATE ON orders.later, orders.b FROM shop_orders_writer; REVOKE SELECT ON orders.later_view FROM shop_orders_reader;
          REVOKE EXECUTE ON PROCEDURE orders.later_by() FROM shop_orders_reader; REVOKE TEMPORARY ON DATABASE shop FROM shop_orders_writer;
          GRANT TRUNCATE ON orders.b TO shop_orders_writer`,
          `GRANT UPDATE ON orders.later, orders.b TO shop_orders_writer; GRANT SELECT ON orders.later_view TO shop_orders_reader;
          GRANT EXECUTE ON PROCEDURE orders.later_by() TO shop_orders_reader; GRANT TEMPORARY ON DATABASE shop TO shop_orders_writer;
          REVOKE TRUNCATE ON orders.b FROM shop_orders_writer`,
          "read every table, view and sequence of schema orders, and those made later: expected allowed, found denied: SELECT on view later_view",
          "execute every function and procedure of schema orders, and those made later: expected allowed, found denied: EXECUTE on function later_by()",
          "write to every table of schema orders, and to those made later: expected allowed, found denied: UPDATE on table b; UPDATE on table later",
          "make temporary tables: expected allowed, found denied",
          "truncate any table of schema orders, put triggers on it, or set a sequence: expected denied, found allowed: TRUNCATE on table b",
        );
        // What a session that acts as the migrator's role does not have by itself, its login may have.
        await fails(
          "migrator",
          "GRANT USAGE ON SCHEMA other TO tester; GRANT CREATE ON SCHEMA public TO tester; ALTER ROLE tester CREATEROLE",
          "REVOKE USAGE ON SCHEMA other FROM tester; REVOKE CREATE ON SCHEMA public FROM tester; ALTER ROLE tester NOCREATEROLE",
          "create a table in schema public: expected denied, found allowed",
          "read or write any table of schema other: expected denied, found allowed: USAGE on schema other",
          "create a role: expected denied, found allowed",
        );
        await fails(
          "reader",
          "REVOKE USAGE ON SCHEMA orders FROM shop_orders_reader",
          "GRANT USAGE ON SCHEMA orders TO shop_orders_reader",
          "read every table, view and sequence of schema orders, and those made later: expected allowed, found denied: USAGE on schema orders",
        );
        await stack.query("DROP TABLE orders.b", "shop");
      } finally {
        await tester.close();
      }
    });

    test("some rights of PUBLIC cannot be revoked by an administrator", async () => {
      await stack.query("CREATE ROLE visitor; GRANT CONNECT ON DATABASE shop TO visitor", "shop");
      const [visitor] = await stack.query(
        `SELECT has_schema_privilege('visitor', 'public', 'USAGE') AS public, has_schema_privilege('visitor', 'public', 'CREATE') AS "create",
           has_function_privilege('visitor', 'lo_from_bytea(oid, bytea)', 'EXECUTE') AS "largeObjects",
           has_table_privilege('visitor', 'pg_class', 'SELECT') AS catalogs, has_type_privilege('visitor', 'orders.later_kind', 'USAGE') AS types,
           has_schema_privilege('visitor', 'orders', 'USAGE') AS schema`,
        "shop",
      );
      assert.deepEqual(visitor, {
        ...{ public: true, create: false, largeObjects: true, catalogs: true },
        // Of a type nobody has anything who may not use its schema.
        ...{ types: true, schema: false },
      });
      const admin = (sql: string) => stack.server.query("admin", stack.server.admin, sql, "shop").catch(() => []);
      await admin("REVOKE EXECUTE ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC");
      await admin("REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC");
      const [after] = await stack.query(
        `SELECT has_function_privilege('visitor', 'lo_from_bytea(oid, bytea)', 'EXECUTE') AND has_table_privilege('visitor', 'pg_class', 'SELECT') AS both`,
        "shop",
      );
      assert.deepEqual(after, { both: true });
      await stack.query("DROP OWNED BY visitor; DROP ROLE visitor", "shop");
    });

    test("a large object of the migrator role counts as content of the schema", async () => {
      const drop = `DROP TABLE orders.NAME; DROP VIEW orders.NAME_view; DROP SEQUENCE orders.NAME_ids; DROP FUNCTION orders.NAME_of();
        DROP PROCEDURE orders.NAME_by(); DROP TYPE orders.NAME_kind;`;
      await stack.query(["later", "afterwards"].map((name) => drop.replaceAll("NAME", name)).join(""), "shop");
      await stack.query("SET ROLE shop_orders_migrator; SELECT lo_from_bytea(4711, 'x')", "shop");
      assert.match(
        await stack.fail("destroy"),
        /found: +1 object\(s\): large object 4711 of shop_orders_migrator; nothing was dropped/,
      );
      await stack.query("SELECT lo_unlink(4711)", "shop");
    });

    test("destroy leaves none of them", async () => {
      await stack.succeed("destroy");
      const [left] = await stack.query(
        `SELECT (SELECT count(*)::int FROM pg_roles WHERE rolname LIKE 'shop_orders_%') AS roles,
                (SELECT count(*)::int FROM pg_default_acl) AS defaults,
                (SELECT count(*)::int FROM pg_namespace WHERE nspname = 'orders') AS schemas`,
        "shop",
      );
      assert.deepEqual(left, { roles: 0, defaults: 0, schemas: 0 });
    });
  });
}
