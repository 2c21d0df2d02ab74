import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type pg from "pg";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { TestServer } from "../../harness/testServer.ts";

const UNKNOWN = "0f8fad5b-d9cb-469f-a165-70867728950e";

const host = await TestServer.open();
after(async () => await host.close());

const asAdmin = (sql: string, database?: string) => host.query("admin", host.admin, sql, database);
const connectAsAdmin = async (database?: string) => await host.connect("admin", await host.token(host.admin), database);
const addService = (displayName: string) => host.directory.add({ displayName, type: "service" });
const verified = (name: string) =>
  `host=${name} user=admin dbname=postgres sslmode=verify-full sslrootcert=${host.dir}/ca.pem`;

/** Makes a principal an administrator. */
async function appoint(principal: Principal, changes: object = {}): Promise<void> {
  await host.server.addAdministrator({
    principalName: principal.displayName,
    objectId: principal.objectId,
    principalType: "ServicePrincipal",
    tenantId: host.directory.tenantId,
    ...changes,
  });
}

test("an unknown version is refused, with the setting to change", async () => {
  const dir = join(host.dir, "other-version");
  await assert.rejects(
    host.start({ version: "15", dir }),
    /PostgreSQL 15; .* 16, 17, 18\. Set the config value postgresVersion to one of them/,
  );
  assert.equal(existsSync(dir), false);
});

describe("an administrator", () => {
  const [service, member] = [addService("operator"), addService("deployer")];
  const user = host.directory.add({ displayName: "Grace", type: "user", userPrincipalName: "grace@contoso.com" });
  const group = host.directory.add({ displayName: "dba team", type: "group", members: [member.objectId] });
  for (const [principalType, principalName, principal, holder] of [
    ["ServicePrincipal", "operator", service, service],
    ["User", "grace@contoso.com", user, user],
    ["Group", "dba team", group, member],
  ] as const) {
    test(`of type ${principalType} can log in and manage principals`, async () => {
      await appoint(principal, { principalName, principalType, objectId: principal.objectId.toUpperCase() });
      const asHolder = (sql: string) => host.query(principalName, holder, sql);
      const listed = await asHolder("SELECT rolname::text AS name FROM pgaadauth_list_principals(true) AS p(rolname)");
      assert.ok(listed.some(({ name }) => name === principalName));
      const rights = "rolcreaterole AS roles, rolcreatedb AS databases, rolsuper AS super";
      assert.deepEqual(await asHolder(`SELECT ${rights} FROM pg_roles WHERE rolname = current_user`), [
        { roles: true, databases: true, super: false },
      ]);
      await host.server.removeAdministrator(principal.objectId);
      assert.equal((await asAdmin("SELECT FROM pgaadauth_list_principals(false)")).length, 1);
    });
  }

  test("stays one when it is added again", async () => {
    await appoint(host.admin);
    assert.equal((await asAdmin("SELECT FROM pgaadauth_list_principals(true)")).length, 1);
  });

  test("cannot be unknown, of another type or tenant, or bound already", async () => {
    const bound = addService("bound");
    await asAdmin("SELECT pgaadauth_create_principal('bound', false, false)");
    const taken =
      /^Error: Failed to create Microsoft Entra principal\. Reason: 'Updating an existing principal isn't supported\./;
    const unfit = addService("unfit");
    for (const [principal, changes, message] of [
      [unfit, { objectId: UNKNOWN }, /Could not validate AAD user 0f8fad5b.* not found in the tenant/],
      [unfit, { principalType: "User" }, /given object type: 'user', actual object type: 'service'/],
      [unfit, { principalType: "Robot" }, /has the type Robot; give User, Group or ServicePrincipal/],
      [unfit, { tenantId: UNKNOWN }, /of the tenant 0f8fad5b.*, not of the server's/],
      [unfit, { principalName: "bound" }, taken],
      [bound, { principalName: "second name" }, taken],
      [bound, {}, taken],
    ] as const) {
      await assert.rejects(appoint(principal, changes), message);
    }
    assert.deepEqual(await asAdmin("SELECT FROM pg_roles WHERE rolname IN ('unfit', 'second name')"), []);
    await asAdmin("DROP ROLE bound");
  });

  test("loses its sessions when it is removed, and its role if it owns nothing", async () => {
    const leaving = addService("leaving");
    await appoint(leaving);
    const ended = once(await host.connect("leaving", await host.token(leaving)), "error");
    await host.server.removeAdministrator(leaving.objectId);
    assert.equal(((await ended) as [pg.DatabaseError])[0].code, "57P01");
    await assert.rejects(host.query("leaving", leaving, "SELECT 1"), { code: "28P01" });
    assert.deepEqual(await asAdmin("SELECT FROM pg_roles WHERE rolname = 'leaving'"), []);
    await host.server.removeAdministrator(leaving.objectId);
  });

  test("that owns something is removed without its role, and can return", async () => {
    const leaving = addService("owner");
    await appoint(leaving);
    await host.query("owner", leaving, "CREATE DATABASE owned");
    await host.server.removeAdministrator(leaving.objectId);
    await assert.rejects(host.query("owner", leaving, "SELECT 1"), { code: "28P01" });
    const member = "pg_has_role('owner', 'azure_pg_admin', 'MEMBER')";
    const any = `SELECT rolcanlogin OR rolcreaterole OR ${member} AS rights FROM pg_roles WHERE rolname = 'owner'`;
    assert.deepEqual(await asAdmin(any), [{ rights: false }]);
    await appoint(leaving);
    await host.query("owner", leaving, "DROP DATABASE owned");
    await host.server.removeAdministrator(leaving.objectId);
  });
});

describe("a database", () => {
  const owner = async (database: string) =>
    (await asAdmin(`SELECT datdba::regrole::text AS owner FROM pg_database WHERE datname = '${database}'`))[0]?.owner;

  test("belongs to azuresu before the first administrator, to azure_pg_admin after", async () => {
    await host.server.removeAdministrator(host.admin.objectId);
    await host.server.createDatabase("early");
    await appoint(host.admin);
    await host.server.createDatabase("late", "UTF8", "en_US.utf8");
    assert.deepEqual([await owner("early"), await owner("late")], ["azuresu", "azure_pg_admin"]);
    for (const name of ["early", "late", "late"]) await host.server.dropDatabase(name);
    assert.deepEqual([await owner("early"), await owner("late")], [undefined, undefined]);
  });

  test("can be dropped while it is in use", async () => {
    await host.server.createDatabase("busy");
    const ended = once(await connectAsAdmin("busy"), "error");
    await host.server.dropDatabase("busy");
    await ended;
  });

  test("can have a name of any characters", async () => {
    const name = `d"; DROP DATABASE postgres; --'`;
    await host.server.createDatabase(name);
    await host.server.dropDatabase(name);
  });

  for (const [what, [name, ...options], message] of [
    ["a name that is too long", ["é".repeat(32)], /has 64 bytes; PostgreSQL allows 1 to 63/],
    ["an empty name", [""], /0 bytes/],
    ["a taken name", ["postgres"], /already exists/],
    ["another character set", ["x", "LATIN1"], /has UTF8 only/],
    ["another collation", ["x", "UTF8", "de-DE-x-icu"], /collation de-DE-x-icu/],
  ] as const) {
    test(`is refused with ${what}`, async () => {
      await assert.rejects(host.server.createDatabase(name, ...options), message);
    });
  }

  test("of the server itself cannot be dropped", async () => {
    for (const name of ["postgres", "azure_maintenance", "azure_sys", "template1"]) {
      await assert.rejects(host.server.dropDatabase(name), /cannot be dropped/);
    }
  });
});

describe("a server parameter", () => {
  const { server } = host;
  const isSet = async (name: string, value: string, defaultValue = value) =>
    assert.deepEqual(await host.server.getConfiguration(name), { value, defaultValue });
  const shows = async (name: string, value: string) =>
    assert.deepEqual(await asAdmin(`SHOW ${name}`), [{ [name]: value }]);

  test("takes effect by a reload, and a reset restores its default", async () => {
    await isSet("work_mem", "4096");
    await server.setConfiguration("work_mem", "8192");
    await shows("work_mem", "8MB");
    await isSet("work_mem", "8192", "4096");
    await server.resetConfiguration("work_mem");
    await isSet("work_mem", "4096");
  });

  test("that needs a restart restarts the server", async () => {
    const ended = once(await connectAsAdmin(), "error");
    await server.setConfiguration("max_connections", "60");
    await ended;
    await shows("max_connections", "60");
    await server.resetConfiguration("max_connections");
    await shows("max_connections", "100");
  });

  test("with which PostgreSQL cannot start is restored", async () => {
    await assert.rejects(server.setConfiguration("shared_buffers", "1000000000"), /EP-SANDBOX-05/);
    await isSet("shared_buffers", "16384");
    assert.deepEqual(await asAdmin("SELECT 1 AS one"), [{ one: 1 }]);
  });

  test("that is a list stays a list", async () => {
    await server.setConfiguration("search_path", '"$user", public, app');
    await shows("search_path", '"$user", public, app');
    await server.resetConfiguration("search_path");
  });

  test("azure.extensions lists the extensions that can be created", async () => {
    await isSet("azure.extensions", "");
    await server.setConfiguration("azure.extensions", "PGCRYPTO,PG_TRGM");
    await isSet("azure.extensions", "PGCRYPTO,PG_TRGM", "");
    await server.createDatabase("extended");
    await asAdmin("CREATE EXTENSION pg_trgm; DROP EXTENSION pg_trgm", "extended");
    const refused = { code: "0A000", message: /"hstore" is not allow-listed/ };
    await assert.rejects(asAdmin("CREATE EXTENSION hstore", "extended"), refused);
    await server.resetConfiguration("azure.extensions");
    await assert.rejects(asAdmin("CREATE EXTENSION pg_trgm", "extended"), { code: "0A000" });
    await server.dropDatabase("extended");
  });

  test("for libraries loads those of the sandbox and stores those of Azure", async () => {
    await server.setConfiguration("shared_preload_libraries", "pg_stat_statements,pgaudit");
    await shows("shared_preload_libraries", "pg_stat_statements");
    await isSet("shared_preload_libraries", "pg_stat_statements,pgaudit", "");
    await server.resetConfiguration("shared_preload_libraries");
    await isSet("shared_preload_libraries", "");
  });

  test("for TLS versions limits the gateway", async () => {
    const token = await host.token(host.admin);
    const exitCode = async (options: string) =>
      (await host.psql(`${verified("localhost")} ${options}`, token, "SELECT 1")).exitCode;
    const old = "ssl_max_protocol_version=TLSv1.2";
    await server.setConfiguration("ssl_min_protocol_version", "TLSv1.3");
    assert.deepEqual([await exitCode(old), await exitCode("")], [2, 0]);
    await server.resetConfiguration("ssl_min_protocol_version");
    assert.equal(await exitCode(old), 0);
  });

  for (const [name, value, message] of [
    ["no_such_parameter", "1", /neither one of this PostgreSQL nor/],
    ["__proto__", "1", /neither one of this PostgreSQL nor/],
    ["x.y", "1", /neither one of this PostgreSQL nor/],
    ["listen_addresses", "*", /read-only/],
    ["unix_socket_directories", "/tmp", /read-only/],
    ["hba_file", "/etc/passwd", /read-only/],
    ["server_version", "9", /read-only/],
    ["work_mem", "plenty", /does not take the value "plenty": invalid value for parameter/],
    ["work_mem", "1'; DROP DATABASE postgres; --", /invalid value for parameter/],
    ["require_secure_transport", "off", /TLS connections only/],
    ["pgbouncer.enabled", "true", /no PgBouncer/],
    ["ssl_min_protocol_version", "TLSv1", /give TLSv1.2 or TLSv1.3/],
    ["shared_preload_libraries", "unheard", /does not know unheard/],
  ] as const) {
    test(`${name} cannot be ${value}`, async () => {
      await assert.rejects(server.setConfiguration(name, value), message);
    });
  }

  test("that is unknown has no value", async () => {
    for (const name of ["no_such_parameter", "__proto__"]) assert.equal(await server.getConfiguration(name), undefined);
  });
});

describe("the firewall", () => {
  const rule = (start: string, end = start) => ({ name: "rule", startIpAddress: start, endIpAddress: end });
  after(() => host.server.setFirewallRules([rule("127.0.0.1")]));

  test("accepts the addresses of its rules only", async () => {
    const blocked = {
      code: "28000",
      message: 'no pg_hba.conf entry for host "127.0.0.1", user "admin", database "postgres", SSL encryption',
    };
    await asAdmin("SELECT 1");
    for (const rules of [[], [rule("10.0.0.0", "10.255.255.255")], [rule("127.0.0.2", "127.0.0.9")]]) {
      host.server.setFirewallRules(rules);
      await assert.rejects(asAdmin("SELECT 1"), blocked);
    }
    const everywhere = rule("0.0.0.0", "255.255.255.255");
    for (const rules of [[rule("127.0.0.1")], [rule("10.0.0.1"), everywhere], [rule("0.0.0.0")]]) {
      host.server.setFirewallRules(rules);
      await asAdmin("SELECT 1");
    }
  });

  test("refuses an invalid rule", () => {
    assert.throws(() => host.server.setFirewallRules([rule("::1")]), /must be IPv4/);
    assert.throws(() => host.server.setFirewallRules([rule("127.0.0.9", "127.0.0.1")]), /must not lie after the end/);
  });
});

test("asService runs statements as the superuser, in any database", async () => {
  await host.server.createDatabase("operated");
  const who = "SELECT current_user::text AS role, current_database()::text AS database";
  for (const database of ["postgres", "operated"]) {
    assert.deepEqual(await host.server.asService(`SELECT 1; ${who}`, database), [{ role: "azuresu", database }]);
  }
  await assert.rejects(host.server.asService("SELECT 1 / 0"), { code: "22012" });
});

test("data, principals, parameters and rules survive a restart", async () => {
  const app = addService("kept");
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

test("without Entra authentication there are no functions and no logins", async () => {
  const ended = once(await connectAsAdmin(), "error");
  await host.server.setEntraAuth(false);
  await ended;
  await assert.rejects(asAdmin("SELECT 1"), { code: "28P01" });
  await assert.rejects(appoint(host.admin), /no Entra authentication/);
  await host.server.stop();
  await host.start();
  await assert.rejects(asAdmin("SELECT 1"), { code: "28P01" });
  await host.server.setEntraAuth(true);
  assert.equal((await asAdmin("SELECT FROM pgaadauth_list_principals(true)")).length, 1);
});

test("a crash is reported, and clients get 57P03 until a restart", async () => {
  const crashed = Promise.withResolvers<Error>();
  await host.server.stop();
  await host.start({ onCrash: crashed.resolve });
  process.kill(Number(readFileSync(join(host.dir, "server/data/postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
  assert.match((await crashed.promise).message, /ended by itself/);
  assert.match(host.lines.join("\n"), /ended by itself/);
  await assert.rejects(asAdmin("SELECT 1"), { code: "57P03" });
  await host.server.restart();
  assert.deepEqual(await asAdmin("SELECT 1 AS one"), [{ one: 1 }]);
});

test("localhost is also ::1, and the certificate names it", async () => {
  const run = await host.psql(verified("::1"), await host.token(host.admin), "SELECT 1");
  if (hasIpv6Loopback()) assert.deepEqual([run.exitCode, run.stderr], [0, ""]);
  else assert.match(run.stderr, /Cannot assign requested address|not supported/);
});

test("a destroyed server leaves no files and no listener", async () => {
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
