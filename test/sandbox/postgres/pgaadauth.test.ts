import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type pg from "pg";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { POSTGRES_VERSIONS } from "../../../sandbox/postgres/binaries.ts";
import { TestServer } from "../../harness/testServer.ts";

for (const version of POSTGRES_VERSIONS) {
  describe(`on PostgreSQL ${version}`, () => {
    let host: TestServer;
    let app: Principal;
    before(async () => {
      host = await TestServer.open({ version });
      app = host.directory.add({ displayName: "app", type: "service" });
      await host.server.createDatabase("appdb");
    });
    after(async () => await host.close());

    const asAdmin = (sql: string, database?: string) => host.query("admin", host.admin, sql, database);

    async function failure(attempt: Promise<unknown>): Promise<{ code: string | undefined; message: string }> {
      try {
        await attempt;
      } catch (error) {
        const { code, message } = error as pg.DatabaseError;
        return { code, message };
      }
      assert.fail("the statement was accepted");
    }

    /** Runs statements and takes back what they did to roles. */
    async function undone(names: string[], work: () => Promise<void>): Promise<void> {
      try {
        await work();
      } finally {
        for (const name of names) await asAdmin(`DROP ROLE IF EXISTS "${name}"`);
      }
    }

    async function label(name: string): Promise<unknown> {
      const rows = await asAdmin(
        `SELECT label FROM pg_seclabels WHERE objtype = 'role' AND provider = 'pgaadauth' AND objname = quote_ident('${name}')`,
      );
      return rows[0]?.label;
    }

    describe("pgaadauth_create_principal", () => {
      test("makes a role that can log in and nothing else, bound to the principal of that name", async () => {
        await undone(["app"], async () => {
          assert.deepEqual(await asAdmin("SELECT * FROM pgaadauth_create_principal('app', false, false)"), [
            { pgaadauth_create_principal: 'Created role for "app"' },
          ]);
          assert.equal(await label("app"), `aadauth,oid=${app.objectId},type=service`);
          assert.deepEqual(
            await asAdmin(`SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
          pg_has_role('app', 'azure_pg_admin', 'MEMBER') AS member FROM pg_roles WHERE rolname = 'app'`),
            [
              {
                rolcanlogin: true,
                rolsuper: false,
                rolcreaterole: false,
                rolcreatedb: false,
                rolreplication: false,
                rolbypassrls: false,
                member: false,
              },
            ],
          );
          assert.deepEqual(await host.query("app", app, "SELECT current_user::text AS me"), [{ me: "app" }]);
        });
      });

      test("finds a user by principal name and a group by display name", async () => {
        const user = host.directory.add({ displayName: "Ada", type: "user", userPrincipalName: "ada@contoso.com" });
        const group = host.directory.add({ displayName: "team", type: "group" });
        await undone(["ada@contoso.com", "team"], async () => {
          await asAdmin("SELECT pgaadauth_create_principal('ada@contoso.com', false, false)");
          await asAdmin("SELECT pgaadauth_create_principal('team', false, false)");
          assert.equal(await label("ada@contoso.com"), `aadauth,oid=${user.objectId},type=user`);
          assert.equal(await label("team"), `aadauth,oid=${group.objectId},type=group`);
          const { message } = await failure(asAdmin("SELECT pgaadauth_create_principal('Ada', false, false)"));
          assert.equal(message, "Could not validate AAD user Ada because its name is not found in the tenant.");
        });
      });

      test("does not find a name that no one has, in Azure's words", async () => {
        for (const name of ["nobody", "APP", "", " app"]) {
          assert.deepEqual(await failure(asAdmin(`SELECT pgaadauth_create_principal('${name}', false, false)`)), {
            code: "XX000",
            message: `Could not validate AAD user ${name} because its name is not found in the tenant.`,
          });
        }
      });

      test("does not find a principal before it is replicated, nor after it is removed", async () => {
        host.directory.replicationDelay = 3600;
        const late = host.directory.add({ displayName: "late", type: "service" });
        host.directory.replicationDelay = 0;
        const create = "SELECT pgaadauth_create_principal('late', false, false)";
        assert.match((await failure(asAdmin(create))).message, /AAD user late because its name is not found/);
        const byId = `SELECT pgaadauth_create_principal_with_oid('late', '${late.objectId}', 'service', false, false)`;
        assert.match((await failure(asAdmin(byId))).message, new RegExp(`AAD user ${late.objectId} because its name`));
        host.directory.replicate();
        await undone(["late"], async () => {
          await asAdmin(create);
          host.directory.remove(late.objectId);
          await asAdmin('DROP ROLE "late"');
          assert.match((await failure(asAdmin(create))).message, /not found/);
        });
      });

      test("sees a change of the directory in a session that is open already", async () => {
        const client = await host.connect("admin", await host.token(host.admin));
        const added = host.directory.add({ displayName: "added", type: "service" });
        // Another login waits until the directory is copied.
        await asAdmin("SELECT 1");
        await undone(["added"], async () => {
          await client.query("SELECT pgaadauth_create_principal('added', false, false)");
          await client.end();
          assert.equal(await label("added"), `aadauth,oid=${added.objectId},type=service`);
        });
      });

      test("binds the older of two principals of one name", async () => {
        const older = host.directory.add({ displayName: "twin", type: "service" });
        host.directory.add({ displayName: "twin", type: "service" });
        await undone(["twin"], async () => {
          await asAdmin("SELECT pgaadauth_create_principal('twin', false, false)");
          assert.equal(await label("twin"), `aadauth,oid=${older.objectId},type=service`);
        });
      });

      test("refuses a name that a role has already", async () => {
        await undone(["app"], async () => {
          await asAdmin("SELECT pgaadauth_create_principal('app', false, false)");
          assert.deepEqual(await failure(asAdmin("SELECT pgaadauth_create_principal('app', false, false)")), {
            code: "42710",
            message: 'role "app" already exists',
          });
        });
      });

      test("quotes a hostile name", async () => {
        const name = `x"; DROP DATABASE appdb; --'`;
        host.directory.add({ displayName: name, type: "service" });
        const client = await host.connect("admin", await host.token(host.admin));
        await client.query("SELECT pgaadauth_create_principal($1, false, false)", [name]);
        const { rows } = await client.query("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = $1", [name]);
        assert.deepEqual(rows, [{ rolname: name, rolsuper: false }]);
        await client.query(`DROP ROLE ${client.escapeIdentifier(name)}`);
        const databases = await client.query("SELECT FROM pg_database WHERE datname = 'appdb'");
        assert.equal(databases.rowCount, 1);
        await client.end();
      });

      test("refuses a null", async () => {
        assert.equal((await failure(asAdmin("SELECT pgaadauth_create_principal('app', null, false)"))).code, "22004");
      });
    });

    describe("pgaadauth_create_principal_with_oid", () => {
      test("binds a role of any name, and takes the object id in any case", async () => {
        await undone(["other name"], async () => {
          assert.deepEqual(
            await asAdmin(
              `SELECT pgaadauth_create_principal_with_oid('other name', upper('${app.objectId}'), 'service', false, true) AS t`,
            ),
            [{ t: 'Created role for "other name"' }],
          );
          assert.equal(await label("other name"), `aadauth,oid=${app.objectId},type=service,mfa`);
        });
      });

      test("refuses another type than the directory has, in Azure's words", async () => {
        for (const type of ["user", "group", "ServicePrincipal"]) {
          const sql = `SELECT pgaadauth_create_principal_with_oid('app', '${app.objectId}', '${type}', false, false)`;
          assert.deepEqual(await failure(asAdmin(sql)), {
            code: "XX000",
            message: `incorrect object type provided for principal, given object type: '${type}', actual object type: 'service'`,
          });
        }
        assert.deepEqual(await asAdmin("SELECT FROM pg_roles WHERE rolname = 'app'"), []);
      });

      test("does not find an object id that the directory does not have", async () => {
        const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        const { message } = await failure(
          asAdmin(`SELECT pgaadauth_create_principal_with_oid('app', '${id}', 'service', false, false)`),
        );
        assert.equal(message, `Could not validate AAD user ${id} because its name is not found in the tenant.`);
      });
    });

    test("pgaadauth_list_principals lists all or administrators, with Azure's columns", async () => {
      await undone(["app"], async () => {
        await asAdmin("SELECT pgaadauth_create_principal('app', false, false)");
        const row = (name: string, { objectId }: Principal, isadmin: number) => ({
          rolname: name,
          principaltype: "service",
          objectid: objectId,
          tenantid: host.directory.tenantId,
          ismfa: 0,
          isadmin,
        });
        const administrator = row("admin", host.admin, 1);
        assert.deepEqual(await asAdmin("SELECT * FROM pgaadauth_list_principals(false)"), [
          administrator,
          row("app", app, 0),
        ]);
        assert.deepEqual(await asAdmin("SELECT * FROM pgaadauth_list_principals(true)"), [administrator]);
      });
      assert.equal((await asAdmin("SELECT FROM pgaadauth_list_principals(false)")).length, 1);
    });

    describe("pgaadauth_update_principal_with_oid", () => {
      test("binds a role to another principal and keeps its grants", async () => {
        const successor = host.directory.add({ displayName: "app", type: "service" });
        await asAdmin(`SELECT pgaadauth_create_principal_with_oid('app', '${app.objectId}', 'service', false, false)`);
        await asAdmin('CREATE TABLE kept (); GRANT SELECT ON kept TO "app"', "appdb");
        assert.deepEqual(
          await asAdmin(
            `SELECT pgaadauth_update_principal_with_oid('app', '${successor.objectId}', 'service', false, false) AS t`,
          ),
          [{ t: 'Updated role for "app"' }],
        );
        assert.match((await failure(host.query("app", app, "SELECT 1"))).message, /oid mismatch/);
        assert.deepEqual(await host.query("app", successor, "SELECT count(*)::int AS rows FROM kept", "appdb"), [
          { rows: 0 },
        ]);
        await asAdmin("DROP TABLE kept", "appdb");
        await asAdmin('DROP ROLE "app"');
        host.directory.remove(successor.objectId);
      });

      test("binds an ordinary role, and makes an administrator of it and back", async () => {
        await undone(["plain"], async () => {
          await asAdmin("CREATE ROLE plain LOGIN");
          const update = (admin: boolean) =>
            asAdmin(
              `SELECT pgaadauth_update_principal_with_oid('plain', '${app.objectId}', 'service', ${admin}, false)`,
            );
          const rights = () =>
            asAdmin(`SELECT rolcreaterole AS roles, rolcreatedb AS databases, pg_has_role('plain', 'azure_pg_admin', 'USAGE') AS admin
          FROM pg_roles WHERE rolname = 'plain'`);
          await update(true);
          assert.deepEqual(await rights(), [{ roles: true, databases: true, admin: true }]);
          assert.equal(await label("plain"), `aadauth,oid=${app.objectId},type=service,admin`);
          await update(false);
          assert.deepEqual(await rights(), [{ roles: false, databases: false, admin: false }]);
          await host.query("plain", app, "SELECT 1");
        });
      });

      test("leaves the server's own roles alone", async () => {
        for (const name of ["azuresu", "azure_pg_admin", "pg_monitor"]) {
          const sql = `SELECT pgaadauth_update_principal_with_oid('${name}', '${app.objectId}', 'service', false, false)`;
          assert.deepEqual(await failure(asAdmin(sql)), {
            code: "42501",
            message: `permission denied to alter restricted role "${name}"`,
          });
        }
        const absent = `SELECT pgaadauth_update_principal_with_oid('absent', '${app.objectId}', 'service', false, false)`;
        assert.equal((await failure(asAdmin(absent))).code, "42704");
      });
    });

    describe("refusals that a test asks for", () => {
      const code = "0LP01";
      const message = "An unexpected error occurred while trying to validate user";
      const binding = () => `'${app.objectId}', 'service', false, false`;
      const make = "SELECT pgaadauth_create_principal('app', false, false)";

      test("are said by every function that validates, so many times, and nothing is done meanwhile", async () => {
        await undone(["app", "other"], async () => {
          await host.server.refusePrincipals(code, message, 3);
          const makeOther = `SELECT pgaadauth_create_principal_with_oid('other', ${binding()})`;
          const update = `SELECT pgaadauth_update_principal_with_oid('app', ${binding()})`;
          for (const sql of [make, makeOther, update]) {
            assert.deepEqual(await failure(asAdmin(sql)), { code, message });
            assert.deepEqual(
              await asAdmin("SELECT rolname FROM pgaadauth_list_principals(false) WHERE rolname <> 'admin'"),
              [],
            );
            assert.deepEqual(await asAdmin("SELECT rolname FROM pg_roles WHERE rolname IN ('app', 'other')"), []);
          }
          for (const sql of [make, makeOther, update]) await asAdmin(sql);
        });
      });

      test("are counted from zero each time, and stop when they are withdrawn", async () => {
        await undone(["app"], async () => {
          await host.server.refusePrincipals(code, message, 1);
          assert.equal((await failure(asAdmin(make))).code, code);
          await host.server.refusePrincipals("42501", "permission denied to create role", 1000);
          assert.deepEqual(await failure(asAdmin(make)), {
            code: "42501",
            message: "permission denied to create role",
          });
          assert.deepEqual(await failure(asAdmin(make)), {
            code: "42501",
            message: "permission denied to create role",
          });
          await host.server.refusePrincipals(code, message, 0);
          await asAdmin(make);
        });
      });

      test("are out of an administrator's reach", async () => {
        for (const sql of [
          "SELECT * FROM pgaadauth.refusal",
          "INSERT INTO pgaadauth.refusal VALUES ('42501', 'x', 1)",
          "SELECT nextval('pgaadauth.refusals')",
        ]) {
          assert.equal((await failure(asAdmin(sql))).code, "42501", sql);
        }
      });
    });

    describe("rights", () => {
      const calls = [
        "SELECT pgaadauth_create_principal('app', true, false)",
        "SELECT pgaadauth_create_principal_with_oid('x', '0f8fad5b-d9cb-469f-a165-70867728950e', 'service', true, false)",
        "SELECT pgaadauth_update_principal_with_oid('app', '0f8fad5b-d9cb-469f-a165-70867728950e', 'service', true, false)",
        "SELECT * FROM pgaadauth_list_principals(false)",
      ];

      test("only administrators can call the functions or read their tables", async () => {
        await undone(["app"], async () => {
          await asAdmin("SELECT pgaadauth_create_principal('app', false, false)");
          for (const sql of calls) {
            const { code, message } = await failure(host.query("app", app, sql));
            assert.equal(code, "42501");
            assert.match(message, /^permission denied for function pgaadauth_/);
          }
          for (const sql of [
            "SELECT * FROM pgaadauth.principal",
            "SELECT pgaadauth.label('app', 'x', 'service', true, false)",
          ]) {
            assert.equal((await failure(host.query("app", app, sql))).code, "42501");
          }
        });
        assert.equal((await failure(asAdmin("DELETE FROM pgaadauth.principal"))).code, "42501");
      });

      test("the functions are in database postgres only", async () => {
        for (const sql of calls) {
          const { code, message } = await failure(asAdmin(sql, "appdb"));
          assert.equal(code, "42883");
          assert.match(message, /^function pgaadauth_\w+\(.*\) does not exist$/);
        }
      });

      test("an administrator made by another has its rights, but is not the superuser", async () => {
        const second = host.directory.add({ displayName: "second", type: "service" });
        await asAdmin("SELECT pgaadauth_create_principal('second', true, false)");
        await asAdmin("SELECT pgaadauth_create_principal('app', false, false)");
        const asSecond = (sql: string, database?: string) => host.query("second", second, sql, database);
        await asSecond("CREATE DATABASE made_by_second");
        await asSecond("DROP DATABASE made_by_second");
        await asSecond('ALTER ROLE "app" SET statement_timeout = 1000');
        await asSecond('GRANT "app" TO "second" WITH SET TRUE; SET ROLE "app"; SELECT 1');
        assert.equal((await failure(asSecond("ALTER ROLE azuresu NOLOGIN"))).code, "42501");
        assert.equal((await failure(asSecond("CREATE ROLE s SUPERUSER"))).code, "42501");
        assert.equal((await failure(asSecond('GRANT pg_write_all_data TO "app"'))).code, "42501");
        assert.equal((await failure(asSecond("SELECT pg_read_file('/etc/passwd')"))).code, "42501");
        await asSecond('DROP ROLE "app"');
        await asAdmin('DROP ROLE "second"');
      });

      test("an administrator may make a plain role an administrator, and end an ordinary session", async () => {
        await undone(["app", "plain"], async () => {
          await asAdmin(
            "CREATE ROLE plain; GRANT azure_pg_admin TO plain; SELECT pgaadauth_create_principal('app', false, false)",
          );
          const client = await host.connect("app", await host.token(app));
          const { processID } = client as unknown as { processID: number };
          const terminate = `SELECT pg_terminate_backend(${processID}, 20000) AS ended`;
          assert.deepEqual(await asAdmin(terminate), [{ ended: true }]);
          await assert.rejects(client.query("SELECT 1"));
          const own =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'azuresu' AND application_name = 'azure'";
          assert.equal((await failure(asAdmin(own))).code, "42501");
        });
      });

      test("schema public belongs to azure_pg_admin, and others may not make anything in it", async () => {
        await undone(["app"], async () => {
          await asAdmin("SELECT pgaadauth_create_principal('app', false, false)");
          for (const database of ["postgres", "appdb"]) {
            assert.deepEqual(
              await asAdmin(
                "SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = 'public'",
                database,
              ),
              [{ owner: "azure_pg_admin" }],
            );
            assert.equal((await failure(host.query("app", app, "CREATE TABLE t ()", database))).code, "42501");
          }
        });
      });

      test("nobody can connect to azure_maintenance", async () => {
        assert.deepEqual(await failure(asAdmin("SELECT 1", "azure_maintenance")), {
          code: "42501",
          message: 'permission denied for database "azure_maintenance"',
        });
      });
    });
  });
}
