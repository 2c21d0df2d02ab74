import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { actsAsCreator, joinedProfiles, PROFILES } from "../../components/access/profiles.ts";
import { attempts } from "../../components/accessProof.ts";
import { POSTGRES_VERSIONS } from "../../sandbox/postgres/binaries.ts";
import { AccessStack } from "./accessStack.ts";

const ROLES = ["reader", "writer", "migrator", "owner"].map((profile) => `shop_orders_${profile}`);
const ALL_ON_TABLES = ["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"];

/** What each profile's role may do, as the table of the README says. What the migrator makes is its own, so it may do anything to it. */
const expected = (tables: string[]) => ({
  shop_orders_reader: {
    database: ["CONNECT"],
    schema: ["USAGE"],
    table: ["SELECT"],
    sequence: ["SELECT"],
    function: ["EXECUTE"],
  },
  shop_orders_writer: {
    database: ["CONNECT", "TEMPORARY"],
    schema: ["USAGE"],
    table: ["DELETE", "INSERT", "SELECT", "UPDATE"],
    sequence: ["SELECT", "USAGE"],
    function: ["EXECUTE"],
  },
  shop_orders_migrator: {
    database: ["CONNECT", "TEMPORARY"],
    schema: ["CREATE", "USAGE"],
    table: tables,
    sequence: ["SELECT", "UPDATE", "USAGE"],
    function: ["EXECUTE"],
  },
  shop_orders_owner: { database: [], schema: ["CREATE", "USAGE"], table: [], sequence: [], function: [] },
  stranger: { database: [], schema: [], table: [], sequence: [], function: [] },
});

/** What a migrator makes, under a name of its own. */
const made = (name: string) =>
  `SET ROLE shop_orders_migrator; CREATE TABLE orders.${name} (n int); CREATE SEQUENCE orders.${name}_ids;
   CREATE FUNCTION orders.${name}_of() RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE;`;

for (const version of POSTGRES_VERSIONS) {
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
        sequence: { named: `orders.${name}_ids`, privileges: ["SELECT", "UPDATE", "USAGE"] },
        function: { named: `orders.${name}_of()`, privileges: ["EXECUTE"] },
      };
      const found: Record<string, Record<string, unknown>> = {};
      for (const role of [...ROLES, "stranger"]) {
        const ofRole: Record<string, unknown> = {};
        for (const [kind, { named, privileges }] of Object.entries(words)) {
          const asked = privileges.map((word) => `('${word}')`).join(", ");
          const [row] = await stack.query(
            `SELECT array_agg(word ORDER BY word) FILTER (WHERE has_${kind}_privilege('${role}', '${named}', word)) AS may
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
      assert.deepEqual(await rights("later"), expected(tables));
    });

    test("rights that were lost on what is there are seen and come back, exactly", async () => {
      await stack.query(
        "REVOKE ALL ON orders.later, orders.later_ids FROM shop_orders_reader, shop_orders_writer",
        "shop",
      );
      await stack.query("GRANT TRUNCATE ON orders.later TO shop_orders_writer", "shop");
      await stack.succeed("up", "--refresh");
      assert.deepEqual(await rights("later"), expected(tables));
      await stack.succeed("preview", "--refresh", "--expect-no-changes");
    });

    test("the roles have no attribute, no login and no other membership, and nothing outside their schema", async () => {
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

    test("what the proof tries as a member of each profile comes out as it says, and a right too many or too few does not", async () => {
      const { directory } = stack.server;
      const prover = directory.add({ displayName: "prover", type: "service" });
      await stack.server.query(
        "admin",
        stack.server.admin,
        "SELECT pgaadauth_create_principal('prover', false, false)",
      );
      const came = async (profile: string) => {
        const list = attempts({ profile, schema: "orders", foreignSchemas: ["other"] });
        const client = await stack.server.connect("prover", await stack.server.token(prover), "shop");
        const differ: string[] = [];
        try {
          for (const { what, expected, sql, alone } of list) {
            if (!alone) await client.query("BEGIN");
            const code = await client.query(sql).then(
              () => "00000",
              (error: { code?: string }) => error.code,
            );
            if (!alone) await client.query("ROLLBACK");
            if (code !== (expected === "allowed" ? "00000" : "42501")) differ.push(`${what}: ${code}`);
          }
        } finally {
          await client.end();
        }
        return differ;
      };
      for (const profile of PROFILES) {
        const joined = joinedProfiles(profile).map((each) => `shop_orders_${each}`);
        await stack.query(`GRANT ${joined.join(", ")} TO prover`);
        if (actsAsCreator(profile))
          await stack.query("ALTER ROLE prover IN DATABASE shop SET role = shop_orders_migrator");
        assert.deepEqual(await came(profile), [], profile);
        await stack.query(`REVOKE ${joined.join(", ")} FROM prover; ALTER ROLE prover IN DATABASE shop RESET role`);
      }
      await stack.query("GRANT shop_orders_writer TO prover; GRANT USAGE ON SCHEMA other TO prover", "shop");
      assert.deepEqual(await came("reader"), [
        "write to every table of schema orders: 00000",
        "write to tables that are made later in schema orders: 00000",
        "read a table of schema other: 42P01",
      ]);
      assert.deepEqual(await came("migrator"), [
        "create a table in schema orders: 42501",
        "act as the migrator's role, which owns what it makes: P0001",
        "read a table of schema other: 42P01",
      ]);
      await stack.query("DROP OWNED BY prover; DROP ROLE prover", "shop");
    });

    test("destroy leaves none of them", async () => {
      await stack.fail("destroy");
      await stack.query(
        "DROP TABLE orders.later; DROP SEQUENCE orders.later_ids; DROP FUNCTION orders.later_of()",
        "shop",
      );
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
