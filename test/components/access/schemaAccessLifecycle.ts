import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { AccessInputs, AccessState } from "../../../components/access/accessInputs.ts";
import { PROFILES, RIGHTS } from "../../../components/access/profiles.ts";
import { check, create, diff, read, remove, update } from "../../../components/access/schemaAccessRuntime.ts";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import type { PostgresVersion } from "../../../sandbox/postgres/binaries.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

/** The lifecycle of a schema's access on one version of PostgreSQL, against a real server, with a token that the real Azure SDK fetches. */
export function testLifecycle(version: PostgresVersion): void {
  let context: TestServer;
  let logOut: (() => Promise<void>) | undefined;
  const principals = new Map<string, Principal>();
  const query = (sql: string) => context.server.asService(sql, "shop");
  const admin = (sql: string, database = "shop") => context.query("admin", context.admin, sql, database);

  before(async () => {
    context = await TestServer.open({ version });
    logOut = await logInAsAdministrator(context);
    await context.server.createDatabase("shop");
    for (const name of ["api", "jobs", "reports"]) {
      const principal = context.directory.add({ displayName: name, type: "service" });
      principals.set(name, principal);
      await admin(
        `SELECT pgaadauth_create_principal_with_oid('${name}', '${principal.objectId}', 'service', false, false)`,
        "postgres",
      );
    }
  });
  after(async () => {
    await logOut?.();
    await context?.close();
  });

  const named = (schema: string) =>
    Object.fromEntries(PROFILES.map((profile) => [profile, `shop_${schema}_${profile}`])) as AccessInputs["roles"];
  const rights = Object.fromEntries(
    PROFILES.map((profile) => [
      profile,
      Object.fromEntries(RIGHTS[profile].map(({ objectType, privileges }) => [objectType, [...privileges]])),
    ]),
  ) as AccessInputs["rights"];

  function inputs(schema: string, changes: Partial<AccessInputs> = {}): AccessInputs {
    return {
      host: "localhost",
      port: context.server.port,
      database: "shop",
      adminUser: "admin",
      caCert: context.authority.certificatePem,
      deadlineSeconds: 30,
      schema,
      roles: named(schema),
      rights,
      grants: {},
      members: {},
      onDelete: "refuse",
      databaseStays: true,
      owner: `urn:pulumi:test::${schema}`,
      ...changes,
    };
  }

  async function made(schema: string, changes: Partial<AccessInputs> = {}): Promise<AccessState> {
    return (await create(inputs(schema, changes))).outs;
  }
  const changed = async (state: AccessState, news: AccessInputs) => (await update("id", state, news)).outs;
  const gone = (state: AccessState, changes: Partial<AccessState> = {}) => remove("id", { ...state, ...changes });
  const differs = async (state: AccessState, news: AccessInputs) => (await diff("id", state, news)).changes;
  const refreshed = async (state: AccessState) => (await read("id", state)).props as AccessState;
  const failing = (work: Promise<unknown>, code: string, words = /./) =>
    assert.rejects(work, (error: Error) => {
      assert.match(error.message, new RegExp(code));
      assert.match(error.message, words);
      return true;
    });
  /** What a role may do: one row for each right. */
  const may = async (role: string, what: string) =>
    (await query(`SELECT ${what.replaceAll("@", `'${role}'`)} AS may`))[0]?.may;

  /** As a person on the VM: the session begins with the login settings of the role. */
  const as = (name: string, sql: string) => {
    const principal = principals.get(name);
    assert.ok(principal);
    return context.query(name, principal, sql, "shop");
  };

  describe("a schema with its roles", () => {
    test("is created with rights on what is there and on what is created later", async () => {
      const state = await made("orders", { members: { api: { profile: "writer" }, jobs: { profile: "migrator" } } });
      await as("jobs", "CREATE TABLE item (id serial PRIMARY KEY, n int); INSERT INTO item (n) VALUES (1)");
      assert.deepEqual(await as("api", "INSERT INTO item (n) VALUES (2) RETURNING n"), [{ n: 2 }]);
      const [table] = await query("SELECT tableowner FROM pg_tables WHERE tablename = 'item'");
      assert.equal(table?.tableowner, "shop_orders_migrator");
      assert.equal(await differs(state, inputs("orders", { members: state.members })), false);
      const seen = await refreshed(state);
      assert.deepEqual(seen, state);
      const left = await query(
        "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = 'admin'::regrole AND g.rolname ~ '^shop_'",
      );
      assert.deepEqual(left, [], "the administrator has left the roles");
      await failing(gone(state), "EP-ACCESS-05", /table orders\.item/);
      await gone(state, { onDelete: "drop" });
      assert.deepEqual(await query("SELECT rolname FROM pg_roles WHERE rolname ~ '^shop_orders'"), []);
      assert.deepEqual(await query("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'api'::regrole"), []);
    });

    test("is renamed in place, with contents, members and login settings, forward and back", async () => {
      const members = { jobs: { profile: "migrator" }, api: { profile: "reader" } };
      let state = await made("sales", { members });
      await as("jobs", "CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)");
      for (const name of ["invoices", "sales"]) {
        const news = inputs(name, { members, owner: state.owner });
        assert.deepEqual((await diff("id", state, news)).replaces, []);
        state = await changed(state, news);
        assert.deepEqual(await as("api", "SELECT count(*)::int AS n FROM t"), [{ n: 2 }]);
        await as("jobs", "INSERT INTO t VALUES (3); DELETE FROM t WHERE n = 3");
        assert.deepEqual(await refreshed(state), state);
      }
      await gone(state, { onDelete: "drop" });
    });

    test("changes profiles and members in one step, and leaves what it does not manage", async () => {
      let state = await made("stock", { members: { api: { profile: "owner" }, jobs: { profile: "reader" } } });
      await query("ALTER ROLE jobs IN DATABASE shop SET work_mem = '8MB'");
      const members = { api: { profile: "reader" }, reports: { profile: "writer" } };
      state = await changed(state, inputs("stock", { members }));
      assert.equal(await may("api", "pg_has_role(@, 'shop_stock_migrator', 'MEMBER')"), false);
      assert.equal(await may("jobs", "pg_has_role(@, 'shop_stock_reader', 'MEMBER')"), false);
      assert.equal(await may("reports", "pg_has_role(@, 'shop_stock_writer', 'MEMBER')"), true);
      const [settings] = await query("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'jobs'::regrole");
      assert.deepEqual(settings?.setconfig, ["work_mem=8MB"]);
      await gone(state);
      await query("ALTER ROLE jobs IN DATABASE shop RESET ALL");
    });
  });

  describe("what is there already", () => {
    test("is adopted after the state was lost, and after retain", async () => {
      const members = { jobs: { profile: "migrator" } };
      await made("books", { members });
      await as("jobs", "CREATE TABLE t (n int); INSERT INTO t VALUES (7)");
      const again = await made("books", { members });
      await gone(again, { onDelete: "retain" });
      assert.deepEqual(
        await query("SELECT obj_description('books'::regnamespace) AS mark, count(*)::int AS rows FROM books.t"),
        [{ mark: "", rows: 1 }].map(({ rows }) => ({ mark: null, rows })),
      );
      const adopted = await made("books", { members, owner: "urn:pulumi:other::books" });
      assert.deepEqual(await as("jobs", "SELECT n FROM t"), [{ n: 7 }]);
      await gone(adopted, { onDelete: "drop" });
    });

    test("is refused where another stack manages it, and nothing changes", async () => {
      const state = await made("music");
      await failing(
        made("music", { owner: "urn:pulumi:other::music" }),
        "EP-ACCESS-06",
        /urn:pulumi:test::music manages/,
      );
      assert.deepEqual(await refreshed(state), state);
      await gone(state);
    });

    test("is refused where a person made it: a schema, a role that can log in, a role with members", async () => {
      await admin("CREATE SCHEMA films");
      await failing(
        made("films"),
        "EP-ACCESS-03",
        /it belongs to "admin"[\s\S]*ALTER SCHEMA "films" RENAME TO "films_before"/,
      );
      await admin("DROP SCHEMA films; CREATE ROLE shop_films_reader LOGIN");
      await failing(made("films"), "EP-ACCESS-06", /can log in/);
      await admin("ALTER ROLE shop_films_reader NOLOGIN; CREATE ROLE bob; GRANT shop_films_reader TO bob");
      await failing(made("films"), "EP-ACCESS-06", /members bob/);
      await admin("DROP ROLE bob");
      await gone(await made("films"));
    });

    test("of a foreign database is refused before anything is touched", async () => {
      await context.server.asService("CREATE DATABASE theirs", "postgres");
      await failing(made("mine", { database: "theirs" }), "EP-ACCESS-02", /database "theirs" belongs to/);
      assert.deepEqual(await query("SELECT rolname FROM pg_roles WHERE rolname ~ '^shop_mine'"), []);
    });
  });

  describe("drift", () => {
    test("of rights, members, settings and names stands at its property, and an update repairs it", async () => {
      const members = { api: { profile: "writer" }, jobs: { profile: "migrator" } };
      const state = await made("toys", { members });
      await as("jobs", "CREATE TABLE t (n int)");
      await query(`REVOKE INSERT ON toys.t FROM shop_toys_writer;
        ALTER ROLE jobs IN DATABASE shop RESET role; ALTER ROLE shop_toys_owner RENAME TO renamed;
        ALTER DEFAULT PRIVILEGES FOR ROLE shop_toys_migrator IN SCHEMA toys REVOKE SELECT ON TABLES FROM shop_toys_reader`);
      await admin("REVOKE shop_toys_writer FROM api");
      const seen = await refreshed(state);
      assert.deepEqual(seen.rights.writer.table, [
        "INSERT",
        "UPDATE",
        "DELETE",
        "INSERT on table toys.t taken from shop_toys_writer",
      ]);
      assert.deepEqual(seen.rights.reader.table, [
        "SELECT",
        "SELECT on tables made later FOR ROLE shop_toys_migrator IN SCHEMA toys taken from shop_toys_reader",
      ]);
      assert.deepEqual(seen.members.api, { profile: "writer; not a member of shop_toys_writer" });
      assert.deepEqual(seen.members.jobs, { profile: "migrator; acts as itself" });
      assert.equal(seen.roles.owner, "renamed");
      assert.deepEqual(await refreshed(seen), seen, "a second refresh sees the same");
      assert.equal(await differs(seen, inputs("toys", { members })), true);
      const repaired = await changed(seen, inputs("toys", { members }));
      assert.deepEqual(await refreshed(repaired), state);
      await gone(repaired, { onDelete: "drop" });
    });

    test("of others is shown, and refused with the statements that repair it", async () => {
      const state = await made("cars", { members: { jobs: { profile: "migrator" } } });
      await as("jobs", "CREATE TABLE t (n int)");
      await admin("CREATE ROLE eve; GRANT shop_cars_writer TO eve");
      await query("GRANT SELECT ON cars.t TO eve");
      const seen = await refreshed(state);
      assert.deepEqual(seen.others, [
        "membership in shop_cars_writer given to eve",
        "SELECT on table cars.t given to eve",
      ]);
      const news = inputs("cars", { members: state.members });
      await failing(changed(seen, news), "EP-ACCESS-04", /REVOKE "shop_cars_writer" FROM "eve"/);
      const grants = { eve: { "table t": ["SELECT"] } };
      const declared = inputs("cars", { grants, members: { ...state.members, eve: { profile: "writer" } } });
      const granted = await changed(seen, declared);
      assert.deepEqual(await refreshed(granted), granted);
      const taken = await changed(granted, news);
      assert.equal(await may("eve", "has_table_privilege(@, 'cars.t', 'SELECT')"), false);
      await gone(taken, { onDelete: "drop" });
      await query("DROP ROLE eve");
    });

    test("of objects that belong to others is refused with their owner", async () => {
      const state = await made("maps");
      await query("CREATE ROLE zoe; CREATE TABLE maps.t (n int); ALTER TABLE maps.t OWNER TO zoe");
      await failing(changed(state, inputs("maps")), "EP-ACCESS-07", /here "zoe"[\s\S]*on table maps\.t/);
      await query("DROP TABLE maps.t; DROP ROLE zoe");
      await gone(state);
    });

    test("ends with an extension in the schema: its members belong to nobody here", async () => {
      const state = await made("words");
      await query("CREATE EXTENSION pg_trgm SCHEMA words");
      assert.deepEqual(await refreshed(state), state);
      await query("DROP EXTENSION pg_trgm");
      await gone(state);
    });

    test("of a schema that is gone, with some or all of its roles, is repaired", async () => {
      const state = await made("lost", { members: { api: { profile: "reader" } } });
      await query("DROP SCHEMA lost; DROP OWNED BY shop_lost_writer; DROP ROLE shop_lost_writer");
      const seen = await refreshed(state);
      assert.deepEqual([seen.schema, seen.roles.writer], ["", ""]);
      const again = await changed(seen, inputs("lost", { members: state.members }));
      assert.deepEqual((await refreshed(again)).schema, "lost");
      await gone(again);
      assert.deepEqual(await read("id", again), {});
    });
  });

  describe("a delete", () => {
    test("looks at the whole database when the last schema goes", async () => {
      await query("CREATE TABLE public.elsewhere (n int)");
      const [first, last] = [await made("one"), await made("two")];
      await gone(first, { databaseStays: false });
      await failing(gone(last, { databaseStays: false }), "EP-ACCESS-05", /table elsewhere; nothing was dropped/);
      await gone(last);
      await query("DROP TABLE public.elsewhere");
    });

    test("with drop refuses while something outside depends on what is inside", async () => {
      const state = await made("base", { members: { jobs: { profile: "migrator" } } });
      await as("jobs", "CREATE TABLE t (n int)");
      await query("CREATE VIEW public.v AS SELECT n FROM base.t");
      await failing(gone(state, { onDelete: "drop" }), "EP-ACCESS-05", /outside it: view v/);
      await query("DROP VIEW public.v");
      await gone(state, { onDelete: "drop" });
    });

    test("after a refresh that found an owner mark removed drops schema and roles", async () => {
      const state = await made("stars");
      await query("COMMENT ON SCHEMA stars IS NULL");
      const seen = await refreshed(state);
      assert.equal((await diff("id", seen, inputs("stars"))).changes, true);
      await gone(seen);
      assert.deepEqual(await read("id", seen), {});
    });

    test("of what another resource has taken over leaves it", async () => {
      const state = await made("pets");
      const [other] = [{ ...state, instance: "00000000-0000-0000-0000-000000000000", owner: "urn:x" }];
      await gone(other);
      assert.deepEqual(await refreshed(state), state);
      await gone(state);
      await gone(state);
    });
  });

  test("further rights name objects and roles that exist", async () => {
    await failing(made("gifts", { grants: { nobody: { table: ["SELECT"] } } }), "EP-ACCESS-09", /"nobody"/);
    await failing(made("gifts", { grants: { reports: { "table x": ["SELECT"] } } }), "EP-ACCESS-10", /table x/);
    await failing(made("gifts", { members: { nobody: { profile: "reader" } } }), "EP-ACCESS-08", /"nobody"/);
  });

  test("bad inputs are refused all at once", async () => {
    const bad = inputs("public", {
      onDelete: "maybe",
      members: { api: { profile: "boss" }, shop_public_reader: { profile: "reader" } },
      grants: { shop_public_writer: { table: ["SELECT"] }, api: { table: ["ALL"], "table ": ["SELECT"], tables: [] } },
    });
    const { failures } = await check(bad, bad);
    assert.deepEqual(
      failures.map(({ property, reason }) => `${property} ${reason.replace(/[;,].*$/, "")}`),
      [
        'schema "public" is not an application\'s schema',
        'onDelete "maybe" is not one of: refuse',
        'members gives "api" a profile that is "boss"',
        'members names "shop_public_reader"',
        'grants "shop_public_writer" is the role of profile writer',
        'grants to "api" on "table" has the privilege "ALL"',
        'grants to "api" on "table " has the object "" is empty or begins or ends with white space (EP-ACCESS-01)',
        'grants to "api" on "tables" has objectType "tables"',
      ],
    );
  });

  test("a state of the version before is refused in the preview", async () => {
    await failing(diff("id", { ...inputs("old"), duty: "keep", instance: "" } as never, inputs("old")), "EP-ACCESS-12");
  });
}
