import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseError } from "pg";
import { HARSH } from "../../../sandbox/behaviour.ts";
import { TestServer } from "../../harness/testServer.ts";

// One server, in the less favourable of the ways in which Azure may behave. What it does in the others is in pgaadauth.test.ts.

const host = await TestServer.open({
  behaviour: { ...HARSH, administratorDelay: 0, firewallDelay: 3600, restartAtLogin: 0 },
});
after(async () => await host.close());
const asAdmin = (sql: string) => host.query("admin", host.admin, sql);
const service = (displayName: string) => host.directory.add({ displayName, type: "service" });
const create = (name: string) => `SELECT pgaadauth_create_principal('${name}', false, false)`;
const createById = (name: string, id: string) =>
  `SELECT pgaadauth_create_principal_with_oid('${name}', '${id}', 'service', false, false)`;
const holders = async (name: string) =>
  (
    await host.server.asService(
      `SELECT member::regrole::text AS holder FROM pg_auth_members WHERE roleid = '${name}'::regrole AND admin_option`,
    )
  ).map(({ holder }) => holder);

test("a new server takes clients after a while, one that exists at once", async () => {
  const dir = join(host.dir, "new");
  const { server } = host;
  const behaviour = { ...HARSH, administratorDelay: 3600 };
  const states: boolean[] = [];
  for (let starts = 0; starts < 2; starts += 1) {
    await host.start({ dir, behaviour });
    states.push(host.server.accessible);
    const code = starts === 0 ? "57P03" : "28P01";
    await assert.rejects(asAdmin("SELECT 1"), { code });
    await host.server.stop();
  }
  host.server = server;
  assert.deepEqual(states, [false, true]);
});

test("refusals have the newer words", async () => {
  await assert.rejects(asAdmin(create("nobody")), {
    message: `Cannot validate Microsoft Entra ID user "nobody" because its name isn't found in the tenant.`,
  });
});

test("a name that two principals have is refused, each of them can have a role by its object id", async () => {
  const [one] = [service("twin"), service("twin")];
  await assert.rejects(asAdmin(create("twin")), {
    message: `Cannot validate Microsoft Entra ID user "twin" because its name isn't unique in the tenant.`,
  });
  await asAdmin(createById("twin", one.objectId));
});

test("ADMIN on a role goes to the administrator who creates it", async () => {
  const ada = service("ada");
  await host.server.addAdministrator({
    principalName: "ada",
    objectId: ada.objectId,
    principalType: "ServicePrincipal",
    tenantId: host.directory.tenantId,
  });
  service("app");
  await host.query("ada", ada, create("app"));
  assert.deepEqual(await holders("app"), ["ada"]);
  await assert.rejects(asAdmin("ALTER ROLE app NOLOGIN"), ({ code }: DatabaseError) => code === "42501");
});

test("a database that is made beside several administrators belongs to Azure's superuser", async () => {
  await host.server.createDatabase("of_several");
  const owner = "SELECT datdba::regrole::text AS owner FROM pg_database WHERE datname = 'of_several'";
  assert.deepEqual(await host.server.asService(owner), [{ owner: "azuresu" }]);
});

test("ALTER SYSTEM is off for everybody, and the service changes parameters all the same", async () => {
  await host.server.setConfiguration("log_statement", "ddl");
  for (const sql of ["ALTER SYSTEM SET work_mem = '8MB'", "ALTER SYSTEM RESET ALL"])
    await assert.rejects(asAdmin(sql), { code: "0A000" });
  assert.deepEqual(await asAdmin("SHOW log_statement"), [{ log_statement: "ddl" }]);
  await host.server.resetConfiguration("log_statement");
  assert.deepEqual(await asAdmin("SHOW log_statement"), [{ log_statement: "none" }]);
  await host.server.setConfiguration("max_connections", "90");
  await assert.rejects(asAdmin("ALTER SYSTEM RESET ALL"), { code: "0A000" }, "after a restart");
});

test("a removed administrator's role goes, with what it owns", async () => {
  const bob = service("bob");
  const administrator = {
    principalName: "bob",
    objectId: bob.objectId,
    principalType: "ServicePrincipal",
    tenantId: host.directory.tenantId,
  } as const;
  await host.server.addAdministrator(administrator);
  await host.query("bob", bob, "CREATE ROLE made_by_bob; CREATE TABLE of_bob (n int)");
  await host.server.removeAdministrator(bob.objectId);
  assert.deepEqual(await host.server.asService("SELECT FROM pg_roles WHERE rolname = 'bob'"), []);
});

test("a change of the firewall's rules holds after a while", async () => {
  const rule = { name: "here", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" };
  host.server.setFirewallRules([]);
  await assert.rejects(asAdmin("SELECT 1"), { code: "28000" }, "a server without a firewall closes at once");
  host.server.setFirewallRules([rule]);
  await assert.rejects(asAdmin("SELECT 1"), { code: "28000" });
  await host.server.behave({ firewallDelay: 0.1 });
  host.server.setFirewallRules([rule]);
  for (;;) {
    try {
      await asAdmin("SELECT 1");
      break;
    } catch {
      await delay(50);
    }
  }
  await host.server.behave({ firewallDelay: 3600 });
  host.server.setFirewallRules([]);
  await asAdmin("SELECT 1");
});

test("a login restarts the server, which ends the other sessions and keeps the changes of the directory", async () => {
  const open = await host.connect("admin", await host.token(host.admin));
  const ended = once(open, "error") as Promise<[DatabaseError]>;
  await host.server.behave({ restartAtLogin: 1 });
  await assert.rejects(asAdmin("SELECT 1"), { code: "57P03" });
  service("meanwhile");
  await host.server.behave({ restartAtLogin: 0 });
  assert.equal((await ended)[0].code, "57P01");
  await host.server.createDatabase("waits_for_the_restart");
  await asAdmin(create("meanwhile"));
});
