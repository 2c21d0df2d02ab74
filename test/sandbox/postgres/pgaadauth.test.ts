import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type pg from "pg";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { POSTGRES_VERSIONS } from "../../../sandbox/postgres/binaries.ts";
import { TestServer } from "../../harness/testServer.ts";

const UNKNOWN = "0f8fad5b-d9cb-469f-a165-70867728950e";

const create = (name: string, isAdmin = false) => `SELECT pgaadauth_create_principal('${name}', ${isAdmin}, false)`;
const withId = (verb: "create" | "update") => {
  return (name: string, objectId: string, { type = "service", isAdmin = false, mfa = false } = {}) =>
    `SELECT pgaadauth_${verb}_principal_with_oid('${name}', '${objectId}', '${type}', ${isAdmin}, ${mfa}) AS said`;
};
const createById = withId("create");
const update = withId("update");

/** A function of each name, called for an application. */
const CALLS = [
  create("app", true),
  createById("x", UNKNOWN),
  update("app", UNKNOWN),
  "SELECT * FROM pgaadauth_list_principals(false)",
];

for (const version of POSTGRES_VERSIONS) {
  describe(`on PostgreSQL ${version}`, () => {
    let host: TestServer;
    let app: Principal;
    const asAdmin = (sql: string, database?: string) => host.query("admin", host.admin, sql, database);
    before(async () => {
      host = await TestServer.open({ version });
      app = host.directory.add({ displayName: "app", type: "service" });
      await host.server.createDatabase("appdb");
    });
    afterEach(async () => {
      const made =
        "rolname NOT IN ('azuresu', 'azure_pg_admin', 'replication', 'admin') AND NOT starts_with(rolname, 'pg_')";
      const rows = await asAdmin(`SELECT format('DROP ROLE %I', rolname) AS drop FROM pg_roles WHERE ${made}`);
      for (const { drop } of rows) await asAdmin(String(drop));
    });
    after(async () => await host.close());

    async function failure(attempt: Promise<unknown>): Promise<{ code: string | undefined; message: string }> {
      try {
        await attempt;
      } catch (error) {
        const { code, message } = error as pg.DatabaseError;
        return { code, message };
      }
      assert.fail("the statement was accepted");
    }

    async function label(name: string): Promise<unknown> {
      const wanted = `objtype = 'role' AND provider = 'pgaadauth' AND objname = quote_ident('${name}')`;
      return (await asAdmin(`SELECT label FROM pg_seclabels WHERE ${wanted}`))[0]?.label;
    }

    const isLabelled = async (name: string, { objectId, type }: Principal, more = "") =>
      assert.equal(await label(name), `aadauth,oid=${objectId},type=${type}${more}`);

    test("a new role can log in, has no other right and is bound to the principal of its name", async () => {
      const [row] = await asAdmin(create("app"));
      assert.deepEqual(row, { pgaadauth_create_principal: 'Created role for "app"' });
      await isLabelled("app", app);
      const rights = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls";
      assert.deepEqual(
        await asAdmin(`SELECT rolcanlogin AS login, ${rights} AS more, pg_has_role('app', 'azure_pg_admin', 'MEMBER') AS member
          FROM pg_roles WHERE rolname = 'app'`),
        [{ login: true, more: false, member: false }],
      );
      assert.deepEqual(await host.query("app", app, "SELECT current_user::text AS me"), [{ me: "app" }]);
    });

    test("users are found by principal name, groups by display name, the oldest first", async () => {
      const user = host.directory.add({ displayName: "Ada", type: "user", userPrincipalName: "ada@contoso.com" });
      const group = host.directory.add({ displayName: "team", type: "group" });
      const older = host.directory.add({ displayName: "twin", type: "service" });
      host.directory.add({ displayName: "twin", type: "service" });
      for (const [name, principal] of Object.entries({ "ada@contoso.com": user, team: group, twin: older })) {
        await asAdmin(create(name));
        await isLabelled(name, principal);
      }
    });

    test("a principal is found between its replication and its removal", async () => {
      host.directory.replicationDelay = 3600;
      const late = host.directory.add({ displayName: "late", type: "service" });
      host.directory.replicationDelay = 0;
      assert.match((await failure(asAdmin(create("late")))).message, /AAD user late because its name is not found/);
      assert.match(
        (await failure(asAdmin(createById("late", late.objectId)))).message,
        /because its name is not found/,
      );
      host.directory.replicate();
      await asAdmin(`${create("late")}; DROP ROLE late`);
      host.directory.remove(late.objectId);
      assert.match((await failure(asAdmin(create("late")))).message, /not found/);
    });

    test("an open session sees a new principal", async () => {
      const client = await host.connect("admin", await host.token(host.admin));
      const added = host.directory.add({ displayName: "added", type: "service" });
      // A login waits for the copy of the directory.
      await asAdmin("SELECT 1");
      await client.query(create("added"));
      await client.end();
      await isLabelled("added", added);
    });

    test("names are quoted", async () => {
      const name = `x"; DROP DATABASE appdb; --'`;
      host.directory.add({ displayName: name, type: "service" });
      const client = await host.connect("admin", await host.token(host.admin));
      await client.query("SELECT pgaadauth_create_principal($1, false, false)", [name]);
      const { rows } = await client.query("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = $1", [name]);
      assert.deepEqual(rows, [{ rolname: name, rolsuper: false }]);
      assert.equal((await client.query("SELECT FROM pg_database WHERE datname = 'appdb'")).rowCount, 1);
      await client.end();
    });

    test("an object id is accepted in any case, for a role of any name", async () => {
      const [row] = await asAdmin(createById("other name", app.objectId.toUpperCase(), { mfa: true }));
      assert.deepEqual(row, { said: 'Created role for "other name"' });
      await isLabelled("other name", app, ",mfa");
    });

    test("refusals have Azure's words", async () => {
      const notFound = (name: string) =>
        `Could not validate AAD user ${name} because its name is not found in the tenant.`;
      const wrongType = (type: string) =>
        `incorrect object type provided for principal, given object type: '${type}', actual object type: 'service'`;
      const restricted = (name: string) => `permission denied to alter restricted role "${name}"`;
      await asAdmin(createById("taken", app.objectId));
      host.directory.add({ displayName: "taken", type: "service" });
      const cases: [string, string, string][] = [
        ...["nobody", "APP", "", " app", "Ada"].map((name): [string, string, string] => [
          create(name),
          "XX000",
          notFound(name),
        ]),
        [createById("app", UNKNOWN), "XX000", notFound(UNKNOWN)],
        ...["user", "group", "ServicePrincipal"].map((type): [string, string, string] => [
          createById("app", app.objectId, { type }),
          "XX000",
          wrongType(type),
        ]),
        ["SELECT pgaadauth_create_principal('app', null, false)", "22004", "null value not allowed"],
        [create("taken"), "42710", 'role "taken" already exists'],
        ...["azuresu", "azure_pg_admin", "pg_monitor"].map((name): [string, string, string] => [
          update(name, app.objectId),
          "42501",
          restricted(name),
        ]),
        [update("absent", app.objectId), "42704", 'role "absent" does not exist'],
      ];
      for (const [sql, code, message] of cases) assert.deepEqual(await failure(asAdmin(sql)), { code, message }, sql);
      assert.deepEqual(await asAdmin("SELECT FROM pg_roles WHERE rolname = 'app'"), []);
    });

    test("pgaadauth_list_principals lists all or administrators, with Azure's columns", async () => {
      await asAdmin(create("app"));
      const row = (name: string, { objectId }: Principal, isadmin: number) => ({
        rolname: name,
        principaltype: "service",
        objectid: objectId,
        tenantid: host.directory.tenantId,
        ismfa: 0,
        isadmin,
      });
      const [admin, plain] = [row("admin", host.admin, 1), row("app", app, 0)];
      assert.deepEqual(await asAdmin("SELECT * FROM pgaadauth_list_principals(false)"), [admin, plain]);
      assert.deepEqual(await asAdmin("SELECT * FROM pgaadauth_list_principals(true)"), [admin]);
      await asAdmin("DROP ROLE app");
      assert.deepEqual(await asAdmin("SELECT * FROM pgaadauth_list_principals(false)"), [admin]);
    });

    test("an updated role is bound to another principal and keeps its grants", async () => {
      const successor = host.directory.add({ displayName: "app", type: "service" });
      await asAdmin(createById("app", app.objectId));
      await asAdmin("CREATE TABLE kept (); GRANT SELECT ON kept TO app", "appdb");
      assert.deepEqual(await asAdmin(update("app", successor.objectId)), [{ said: 'Updated role for "app"' }]);
      assert.match((await failure(host.query("app", app, "SELECT 1"))).message, /oid mismatch/);
      assert.deepEqual(await host.query("app", successor, "SELECT count(*)::int AS rows FROM kept", "appdb"), [
        { rows: 0 },
      ]);
      await asAdmin("DROP TABLE kept", "appdb");
      host.directory.remove(successor.objectId);
    });

    test("an ordinary role becomes an administrator and an ordinary role again", async () => {
      await asAdmin("CREATE ROLE plain LOGIN");
      for (const isAdmin of [true, false]) {
        await asAdmin(update("plain", app.objectId, { isAdmin }));
        const member = "pg_has_role('plain', 'azure_pg_admin', 'USAGE') AS admin";
        const sql = `SELECT rolcreaterole AS roles, rolcreatedb AS databases, ${member} FROM pg_roles WHERE rolname = 'plain'`;
        assert.deepEqual(await asAdmin(sql), [{ roles: isAdmin, databases: isAdmin, admin: isAdmin }]);
        await isLabelled("plain", app, isAdmin ? ",admin" : "");
      }
      await host.query("plain", app, "SELECT 1");
    });

    describe("a test's refusals", () => {
      const code = "0LP01";
      const message = "An unexpected error occurred while trying to validate user";
      const calls = () => [create("app"), createById("other", app.objectId), update("app", app.objectId)];

      test("come from every function that validates, and nothing changes meanwhile", async () => {
        await host.server.refusePrincipals(code, message, 3);
        for (const sql of calls()) {
          assert.deepEqual(await failure(asAdmin(sql)), { code, message });
          assert.deepEqual(await asAdmin("SELECT FROM pg_roles WHERE rolname IN ('app', 'other')"), []);
        }
        for (const sql of calls()) await asAdmin(sql);
      });

      test("are counted from zero each time, and can be withdrawn", async () => {
        await host.server.refusePrincipals(code, message, 1);
        assert.equal((await failure(asAdmin(create("app")))).code, code);
        const denied = { code: "42501", message: "permission denied to create role" };
        await host.server.refusePrincipals(denied.code, denied.message, 1000);
        for (let times = 0; times < 2; times += 1) assert.deepEqual(await failure(asAdmin(create("app"))), denied);
        await host.server.refusePrincipals(code, message, 0);
        await asAdmin(create("app"));
      });
    });

    test("only administrators can call the functions, and nobody can read or change their tables", async () => {
      await asAdmin(create("app"));
      for (const sql of CALLS) {
        const { code, message } = await failure(host.query("app", app, sql));
        assert.equal(code, "42501");
        assert.match(message, /^permission denied for function pgaadauth_/);
      }
      for (const sql of [
        "SELECT * FROM pgaadauth.principal",
        "DELETE FROM pgaadauth.principal",
        "SELECT pgaadauth.label('app', 'x', 'service', true, false)",
        "SELECT * FROM pgaadauth.refusal",
        "SELECT nextval('pgaadauth.refusals')",
      ]) {
        assert.equal((await failure(asAdmin(sql))).code, "42501", sql);
        assert.equal((await failure(host.query("app", app, sql))).code, "42501", sql);
      }
    });

    test("the functions are in database postgres only", async () => {
      for (const sql of CALLS) {
        const { code, message } = await failure(asAdmin(sql, "appdb"));
        assert.equal(code, "42883");
        assert.match(message, /^function pgaadauth_\w+\(.*\) does not exist$/);
      }
    });

    test("a second administrator has an administrator's rights, not the superuser's", async () => {
      const second = host.directory.add({ displayName: "second", type: "service" });
      await asAdmin(`${create("second", true)}; ${create("app")}`);
      const asSecond = (sql: string) => host.query("second", second, sql);
      for (const sql of [
        "CREATE DATABASE made_by_second",
        "DROP DATABASE made_by_second",
        "ALTER ROLE app SET statement_timeout = 1000",
        "GRANT app TO second WITH SET TRUE; SET ROLE app; SELECT 1",
      ]) {
        await asSecond(sql);
      }
      for (const sql of [
        "ALTER ROLE azuresu NOLOGIN",
        "CREATE ROLE s SUPERUSER",
        "GRANT pg_write_all_data TO app",
        "SELECT pg_read_file('/etc/passwd')",
      ]) {
        assert.equal((await failure(asSecond(sql))).code, "42501", sql);
      }
      await asSecond("DROP ROLE app");
      host.directory.remove(second.objectId);
    });

    test("an administrator can appoint others and end ordinary sessions", async () => {
      await asAdmin(`CREATE ROLE plain; GRANT azure_pg_admin TO plain; ${create("app")}`);
      const client = await host.connect("app", await host.token(app));
      const { processID } = client as unknown as { processID: number };
      assert.deepEqual(await asAdmin(`SELECT pg_terminate_backend(${processID}, 20000) AS ended`), [{ ended: true }]);
      await assert.rejects(client.query("SELECT 1"));
      const own = "usename = 'azuresu' AND application_name = 'azure'";
      const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${own}`;
      assert.equal((await failure(asAdmin(end))).code, "42501");
    });

    test("schema public belongs to azure_pg_admin, and other roles cannot create in it", async () => {
      await asAdmin(create("app"));
      const sql = "SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = 'public'";
      for (const database of ["postgres", "appdb"]) {
        assert.deepEqual(await asAdmin(sql, database), [{ owner: "azure_pg_admin" }]);
        assert.equal((await failure(host.query("app", app, "CREATE TABLE t ()", database))).code, "42501");
      }
    });

    test("no role can connect to azure_maintenance", async () => {
      const message = 'permission denied for database "azure_maintenance"';
      assert.deepEqual(await failure(asAdmin("SELECT 1", "azure_maintenance")), { code: "42501", message });
    });
  });
}
