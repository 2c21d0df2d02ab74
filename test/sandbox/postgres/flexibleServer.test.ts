import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type pg from "pg";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import type { FlexibleServer } from "../../../sandbox/postgres/flexibleServer.ts";
import { TestServer } from "../../harness/testServer.ts";

let host: TestServer;
before(async () => {
  host = await TestServer.open();
});
after(async () => await host.close());

const asAdmin = (sql: string, database?: string) => host.query("admin", host.admin, sql, database);
const owner = async (database: string) =>
  (await asAdmin(`SELECT datdba::regrole::text AS owner FROM pg_database WHERE datname = '${database}'`))[0]?.owner;

/** What {@link FlexibleServer.addAdministrator} takes for a principal. */
function administrator(principal: Principal, changes: object = {}): Parameters<FlexibleServer["addAdministrator"]>[0] {
  return {
    principalName: principal.displayName,
    objectId: principal.objectId,
    principalType: "ServicePrincipal",
    tenantId: host.directory.tenantId,
    ...changes,
  };
}

test("refuses a version that the sandbox does not have and names the setting to change", async () => {
  const dir = join(host.dir, "other-version");
  await assert.rejects(
    host.start({ version: "15", dir }),
    /PostgreSQL 15; .* 16, 17, 18\. Set the config value postgresVersion to one of them/,
  );
  assert.equal(existsSync(dir), false);
});

describe("an administrator", () => {
  test("of each type can log in and manage principals", async () => {
    const service = host.directory.add({ displayName: "operator", type: "service" });
    const user = host.directory.add({ displayName: "Grace", type: "user", userPrincipalName: "grace@contoso.com" });
    const member = host.directory.add({ displayName: "deployer", type: "service" });
    const group = host.directory.add({ displayName: "dba team", type: "group", members: [member.objectId] });
    await host.server.addAdministrator(administrator(service));
    await host.server.addAdministrator(
      administrator(user, { principalName: "grace@contoso.com", principalType: "User" }),
    );
    await host.server.addAdministrator(
      administrator(group, { objectId: group.objectId.toUpperCase(), principalType: "Group" }),
    );
    const logins: [string, Principal][] = [
      ["operator", service],
      ["grace@contoso.com", user],
      ["dba team", member],
    ];
    for (const [name, principal] of logins) {
      const rows = await host.query(
        name,
        principal,
        "SELECT rolname::text AS name FROM pgaadauth_list_principals(true) AS p(rolname)",
      );
      assert.equal(
        rows.some((row) => row.name === name),
        true,
      );
      assert.deepEqual(
        await host.query(
          name,
          principal,
          "SELECT rolcreaterole, rolcreatedb, rolsuper FROM pg_roles WHERE rolname = current_user",
        ),
        [{ rolcreaterole: true, rolcreatedb: true, rolsuper: false }],
      );
      await host.server.removeAdministrator(principal === member ? group.objectId : principal.objectId);
    }
    assert.equal((await asAdmin("SELECT FROM pgaadauth_list_principals(false)")).length, 1);
  });

  test("is the same one when it is added again", async () => {
    await host.server.addAdministrator(administrator(host.admin));
    assert.equal((await asAdmin("SELECT FROM pgaadauth_list_principals(true)")).length, 1);
  });

  test("cannot be one whom the directory does not know, of another type or of another tenant", async () => {
    const service = host.directory.add({ displayName: "unfit", type: "service" });
    const unknown = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const cases: [object, RegExp][] = [
      [{ objectId: unknown }, /Could not validate AAD user 0f8fad5b.* not found in the tenant/],
      [{ principalType: "User" }, /given object type: 'user', actual object type: 'service'/],
      [{ principalType: "Robot" }, /has the type Robot; give User, Group or ServicePrincipal/],
      [{ tenantId: unknown }, /of the tenant 0f8fad5b.*, not of the server's/],
    ];
    for (const [changes, message] of cases) {
      await assert.rejects(host.server.addAdministrator(administrator(service, changes)), message);
    }
    assert.deepEqual(await asAdmin("SELECT FROM pg_roles WHERE rolname = 'unfit'"), []);
  });

  test("cannot be a principal that has a role already, nor take a name that is bound", async () => {
    const app = host.directory.add({ displayName: "bound", type: "service" });
    const other = host.directory.add({ displayName: "other", type: "service" });
    await asAdmin("SELECT pgaadauth_create_principal('bound', false, false)");
    const reason =
      /^Error: Failed to create Microsoft Entra principal\. Reason: 'Updating an existing principal isn't supported\./;
    await assert.rejects(host.server.addAdministrator(administrator(app, { principalName: "second name" })), reason);
    await assert.rejects(host.server.addAdministrator(administrator(app)), reason);
    await assert.rejects(host.server.addAdministrator(administrator(other, { principalName: "bound" })), reason);
    await asAdmin('DROP ROLE "bound"');
  });

  test("that is removed loses its sessions, and the role if it owns nothing", async () => {
    const leaving = host.directory.add({ displayName: "leaving", type: "service" });
    await host.server.addAdministrator(administrator(leaving));
    const client = await host.connect("leaving", await host.token(leaving));
    const ended = once(client, "error");
    await host.server.removeAdministrator(leaving.objectId);
    assert.equal(((await ended) as [pg.DatabaseError])[0].code, "57P01");
    await assert.rejects(host.query("leaving", leaving, "SELECT 1"), { code: "28P01" });
    assert.deepEqual(await asAdmin("SELECT FROM pg_roles WHERE rolname = 'leaving'"), []);
    await host.server.removeAdministrator(leaving.objectId);
  });

  test("that owns something stays as a role without rights, and can come back", async () => {
    const leaving = host.directory.add({ displayName: "owner", type: "service" });
    await host.server.addAdministrator(administrator(leaving));
    await host.query("owner", leaving, "CREATE DATABASE owned");
    await host.server.removeAdministrator(leaving.objectId);
    await assert.rejects(host.query("owner", leaving, "SELECT 1"), { code: "28P01" });
    assert.deepEqual(
      await asAdmin(`SELECT rolcanlogin, rolcreaterole, pg_has_role('owner', 'azure_pg_admin', 'MEMBER') AS member
        FROM pg_roles WHERE rolname = 'owner'`),
      [{ rolcanlogin: false, rolcreaterole: false, member: false }],
    );
    await host.server.addAdministrator(administrator(leaving));
    await host.query("owner", leaving, "DROP DATABASE owned");
    await host.server.removeAdministrator(leaving.objectId);
  });
});

describe("a database", () => {
  test("belongs to azuresu before there is an administrator, to azure_pg_admin after", async () => {
    await host.server.removeAdministrator(host.admin.objectId);
    await host.server.createDatabase("early");
    await host.server.addAdministrator(administrator(host.admin));
    await host.server.createDatabase("late", "UTF8", "en_US.utf8");
    assert.deepEqual([await owner("early"), await owner("late")], ["azuresu", "azure_pg_admin"]);
    await host.server.dropDatabase("early");
    await host.server.dropDatabase("late");
    await host.server.dropDatabase("late");
    assert.deepEqual(await asAdmin("SELECT FROM pg_database WHERE datname IN ('early', 'late')"), []);
  });

  test("is dropped while it is in use", async () => {
    await host.server.createDatabase("busy");
    const client = await host.connect("admin", await host.token(host.admin), "busy");
    const ended = once(client, "error");
    await host.server.dropDatabase("busy");
    await ended;
  });

  test("may have a hostile name, but none that PostgreSQL would cut off", async () => {
    const name = `d"; DROP DATABASE postgres; --'`;
    await host.server.createDatabase(name);
    await host.server.dropDatabase(name);
    await assert.rejects(host.server.createDatabase("é".repeat(32)), /has 64 bytes; PostgreSQL allows 1 to 63/);
    await assert.rejects(host.server.createDatabase(""), /0 bytes/);
  });

  test("is refused when there is one, or with a character set or collation that the sandbox does not have", async () => {
    await assert.rejects(host.server.createDatabase("postgres"), { code: "42P04" });
    await assert.rejects(host.server.createDatabase("x", "LATIN1"), /has UTF8 only/);
    await assert.rejects(host.server.createDatabase("x", "UTF8", "de-DE-x-icu"), /collation de-DE-x-icu/);
  });

  test("of the server itself cannot be dropped", async () => {
    for (const name of ["postgres", "azure_maintenance", "azure_sys", "template1"]) {
      await assert.rejects(host.server.dropDatabase(name), /cannot be dropped/);
    }
  });
});

describe("a server parameter", () => {
  test("that is reloaded counts at once, and has its default back after a reset", async () => {
    const { server } = host;
    assert.deepEqual(await server.getConfiguration("work_mem"), { value: "4096", defaultValue: "4096" });
    await server.setConfiguration("work_mem", "8192");
    assert.deepEqual(await asAdmin("SHOW work_mem"), [{ work_mem: "8MB" }]);
    assert.deepEqual(await server.getConfiguration("work_mem"), { value: "8192", defaultValue: "4096" });
    await server.resetConfiguration("work_mem");
    assert.deepEqual(await server.getConfiguration("work_mem"), { value: "4096", defaultValue: "4096" });
  });

  test("that needs a restart gets one", async () => {
    const client = await host.connect("admin", await host.token(host.admin));
    const ended = once(client, "error");
    await host.server.setConfiguration("max_connections", "60");
    await ended;
    assert.deepEqual(await asAdmin("SHOW max_connections"), [{ max_connections: "60" }]);
    await host.server.resetConfiguration("max_connections");
    assert.deepEqual(await asAdmin("SHOW max_connections"), [{ max_connections: "100" }]);
  });

  test("with which PostgreSQL cannot start is taken back", async () => {
    await assert.rejects(host.server.setConfiguration("shared_buffers", "1000000000"), /EP-SANDBOX-05/);
    assert.deepEqual(await host.server.getConfiguration("shared_buffers"), { value: "16384", defaultValue: "16384" });
    assert.deepEqual(await asAdmin("SELECT 1 AS one"), [{ one: 1 }]);
  });

  test("that is a list stays a list", async () => {
    await host.server.setConfiguration("search_path", '"$user", public, app');
    assert.deepEqual(await asAdmin("SHOW search_path"), [{ search_path: '"$user", public, app' }]);
    await host.server.resetConfiguration("search_path");
  });

  test("that only Azure has is remembered, one that the sandbox cannot honour is refused", async () => {
    const { server } = host;
    assert.deepEqual(await server.getConfiguration("azure.extensions"), { value: "", defaultValue: "" });
    await server.setConfiguration("azure.extensions", "PGCRYPTO,PG_TRGM");
    assert.deepEqual(await server.getConfiguration("azure.extensions"), {
      value: "PGCRYPTO,PG_TRGM",
      defaultValue: "",
    });
    await server.createDatabase("extended");
    await asAdmin("CREATE EXTENSION pg_trgm; DROP EXTENSION pg_trgm", "extended");
    const refused = { code: "0A000", message: /"hstore" is not allow-listed/ };
    await assert.rejects(asAdmin("CREATE EXTENSION hstore", "extended"), refused);
    await server.resetConfiguration("azure.extensions");
    await assert.rejects(asAdmin("CREATE EXTENSION pg_trgm", "extended"), { code: "0A000" });
    await server.dropDatabase("extended");
    await assert.rejects(server.setConfiguration("require_secure_transport", "off"), /TLS connections only/);
    await assert.rejects(server.setConfiguration("pgbouncer.enabled", "true"), /no PgBouncer/);
  });

  test("for libraries loads those that the sandbox has", async () => {
    await host.server.setConfiguration("shared_preload_libraries", "pg_stat_statements,pgaudit");
    assert.deepEqual(await asAdmin("SHOW shared_preload_libraries"), [
      { shared_preload_libraries: "pg_stat_statements" },
    ]);
    assert.equal((await host.server.getConfiguration("shared_preload_libraries"))?.value, "pg_stat_statements,pgaudit");
    await assert.rejects(host.server.setConfiguration("shared_preload_libraries", "unheard"), /does not know unheard/);
    await host.server.resetConfiguration("shared_preload_libraries");
    assert.equal((await host.server.getConfiguration("shared_preload_libraries"))?.value, "");
  });

  test("for TLS versions counts in front of the server", async () => {
    await host.server.setConfiguration("ssl_min_protocol_version", "TLSv1.3");
    const token = await host.token(host.admin);
    const connection = `host=localhost user=admin dbname=postgres sslmode=verify-full sslrootcert=${host.dir}/ca.pem`;
    const old = await host.psql(`${connection} ssl_max_protocol_version=TLSv1.2`, token, "SELECT 1");
    assert.equal(old.exitCode, 2);
    assert.match(old.stderr, /protocol version/);
    assert.equal((await host.psql(connection, token, "SELECT 1")).exitCode, 0);
    await host.server.resetConfiguration("ssl_min_protocol_version");
    assert.equal((await host.psql(`${connection} ssl_max_protocol_version=TLSv1.2`, token, "SELECT 1")).exitCode, 0);
    await assert.rejects(host.server.setConfiguration("ssl_min_protocol_version", "TLSv1"), /give TLSv1.2 or TLSv1.3/);
  });

  test("is refused when it is unknown, read-only or given a wrong value", async () => {
    const cases: [string, string, RegExp][] = [
      ["no_such_parameter", "1", /neither one of this PostgreSQL nor/],
      ["__proto__", "1", /neither one of this PostgreSQL nor/],
      ["x.y", "1", /neither one of this PostgreSQL nor/],
      ["listen_addresses", "*", /read-only/],
      ["unix_socket_directories", "/tmp", /read-only/],
      ["hba_file", "/etc/passwd", /read-only/],
      ["server_version", "9", /read-only/],
      ["work_mem", "plenty", /does not take the value "plenty": invalid value for parameter/],
      ["work_mem", "1'; DROP DATABASE postgres; --", /invalid value for parameter/],
    ];
    for (const [name, value, message] of cases) {
      await assert.rejects(host.server.setConfiguration(name, value), message);
    }
    assert.equal(await host.server.getConfiguration("no_such_parameter"), undefined);
  });
});

describe("the firewall", () => {
  const rule = (startIpAddress: string, endIpAddress = startIpAddress) => ({
    name: "rule",
    startIpAddress,
    endIpAddress,
  });
  const blocked = {
    code: "28000",
    message: 'no pg_hba.conf entry for host "127.0.0.1", user "admin", database "postgres", SSL encryption',
  };
  after(() => host.server.setFirewallRules([rule("127.0.0.1")]));

  test("accepts only the addresses of its rules", async () => {
    const connect = () => asAdmin("SELECT 1");
    await connect();
    for (const rules of [[], [rule("10.0.0.0", "10.255.255.255")], [rule("127.0.0.2", "127.0.0.9")]]) {
      host.server.setFirewallRules(rules);
      await assert.rejects(connect(), blocked);
    }
    for (const rules of [
      [rule("127.0.0.1")],
      [rule("10.0.0.1"), rule("0.0.0.0", "255.255.255.255")],
      [rule("0.0.0.0")],
    ]) {
      host.server.setFirewallRules(rules);
      await connect();
    }
  });

  test("is not changed by an invalid rule", () => {
    assert.throws(() => host.server.setFirewallRules([rule("::1")]), /must be IPv4/);
    assert.throws(() => host.server.setFirewallRules([rule("127.0.0.9", "127.0.0.1")]), /must not lie after the end/);
  });
});

test("runs statements as the service itself, in any database, where an administrator may not", async () => {
  await host.server.createDatabase("operated");
  assert.deepEqual(await host.server.asService("SELECT 1; SELECT current_user::text, current_database()::text"), [
    { current_user: "azuresu", current_database: "postgres" },
  ]);
  const unbind = "DELETE FROM pg_shseclabel WHERE label LIKE 'aadauth,oid=none%' RETURNING label";
  await assert.rejects(asAdmin(unbind), { code: "42501" });
  assert.deepEqual(await host.server.asService(unbind), []);
  await host.server.asService("CREATE TABLE theirs (id integer)", "operated");
  assert.deepEqual(await asAdmin("SELECT tableowner::text FROM pg_tables WHERE tablename = 'theirs'", "operated"), [
    { tableowner: "azuresu" },
  ]);
  await assert.rejects(host.server.asService("SELECT 1 / 0"), { code: "22012" });
});

test("keeps data, principals, parameters and rules over a stop and a start", async () => {
  const app = host.directory.add({ displayName: "kept", type: "service" });
  await host.server.createDatabase("keptdb");
  await asAdmin("SELECT pgaadauth_create_principal('kept', false, false)");
  await asAdmin("CREATE TABLE t AS SELECT 42 AS answer; GRANT SELECT ON t TO kept", "keptdb");
  await host.server.setConfiguration("work_mem", "8192");
  await host.server.setConfiguration("azure.extensions", "PGCRYPTO");
  host.server.setFirewallRules([]);
  await host.server.stop();
  await host.start();
  await assert.rejects(host.query("kept", app, "SELECT 1"), { code: "28000" });
  host.server.setFirewallRules([{ name: "a", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" }]);
  assert.deepEqual(await host.query("kept", app, "SELECT answer FROM t", "keptdb"), [{ answer: 42 }]);
  assert.deepEqual(await host.server.getConfiguration("work_mem"), { value: "8192", defaultValue: "4096" });
  assert.equal((await host.server.getConfiguration("azure.extensions"))?.value, "PGCRYPTO");
});

test("without Entra authentication has no functions and accepts no login until it is on again", async () => {
  const client = await host.connect("admin", await host.token(host.admin));
  const ended = once(client, "error");
  await host.server.setEntraAuth(false);
  await ended;
  await assert.rejects(asAdmin("SELECT 1"), { code: "28P01" });
  await assert.rejects(host.server.addAdministrator(administrator(host.admin)), /no Entra authentication/);
  await host.server.stop();
  await host.start();
  await assert.rejects(asAdmin("SELECT 1"), { code: "28P01" });
  await host.server.setEntraAuth(true);
  assert.equal((await asAdmin("SELECT FROM pgaadauth_list_principals(true)")).length, 1);
});

test("tells of a crash, answers 57P03 until it is restarted, and then goes on", async () => {
  const crashed = Promise.withResolvers<Error>();
  await host.server.stop();
  await host.start({ onCrash: crashed.resolve });
  process.kill(Number(readFileSync(join(host.dir, "server/data/postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
  assert.match((await crashed.promise).message, /ended by itself/);
  assert.equal(
    host.lines.some((line) => line.includes("ended by itself")),
    true,
  );
  await assert.rejects(asAdmin("SELECT 1"), { code: "57P03" });
  await host.server.restart();
  assert.deepEqual(await asAdmin("SELECT 1 AS one"), [{ one: 1 }]);
});

test("is reached at ::1 as at 127.0.0.1 when its name is localhost, and its certificate names both", async () => {
  const connection = `host=::1 user=admin dbname=postgres sslmode=verify-full sslrootcert=${host.dir}/ca.pem`;
  const run = await host.psql(connection, await host.token(host.admin), "SELECT 1");
  if (hasIpv6Loopback()) assert.deepEqual([run.exitCode, run.stderr], [0, ""]);
  else assert.match(run.stderr, /Cannot assign requested address|not supported/);
});

test("leaves nothing behind when it is destroyed", async () => {
  const other = await TestServer.open();
  const { logPath } = other.server;
  assert.equal(existsSync(logPath), true);
  await other.server.destroy();
  assert.equal(existsSync(join(other.dir, "server")), false);
  await assert.rejects(other.connect("admin", "x"), { code: "ECONNREFUSED" });
  await other.close();
});

function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));
}
