import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { AccessInputs, AccessState } from "../../../components/access/accessInputs.ts";
import { PROFILES } from "../../../components/access/profiles.ts";
import * as access from "../../../components/access/schemaAccessRuntime.ts";
import * as handOver from "../../../components/entraPostgresServer/administratorHandOverRuntime.ts";
import type { Administrator } from "../../../components/postgres/administrator.ts";
import type { PrincipalInputs } from "../../../components/principal/inputs.ts";
import type { PrincipalOutputs } from "../../../components/principal/reading.ts";
import * as principal from "../../../components/principal/runtime.ts";
import { GENTLE } from "../../../sandbox/behaviour.ts";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { logInAs, logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// An administrator goes and another one stays: the schema and the login that the first one created can be changed and deleted afterwards,
// whichever of the ways in which Azure may treat ADMIN and an old administrator's role.

let context: TestServer;
let logOut: (() => Promise<void>) | undefined;
const people = new Map<string, Principal>();

before(async () => {
  context = await TestServer.open();
  for (const name of ["ada", "bob"]) people.set(name, context.directory.add({ displayName: name, type: "service" }));
  const team = context.directory.add({ displayName: "team", type: "group", members: [context.admin.objectId] });
  people.set("team", team).set("admin", context.admin);
  people.set("app", context.directory.add({ displayName: "app", type: "service" }));
  logOut = await logInAsAdministrator(context, [person("ada"), person("bob")]);
  await context.server.createDatabase("shop");
});
after(async () => {
  await logOut?.();
  await context?.close();
});

function person(name: string): Principal {
  const found = people.get(name);
  assert.ok(found, name);
  return found;
}

function administrator(name: string): Administrator {
  return { name, objectId: person(name).objectId, type: name === "team" ? "Group" : "ServicePrincipal" };
}

const add = (name: string) => {
  const { objectId, type } = administrator(name);
  const principalType = type as "Group" | "ServicePrincipal";
  return context.server.addAdministrator({
    principalName: name,
    objectId,
    principalType,
    tenantId: context.directory.tenantId,
  });
};

const login = (names: readonly string[]) => ({
  host: "localhost",
  port: context.server.port,
  adminUser: names[0] ?? "",
  administrators: names.map(administrator),
  caCert: context.authority.certificatePem,
  deadlineSeconds: 30,
});
const guard = (...names: string[]) => ({ ...login(names), database: "postgres", serverId: "" });
const roles = Object.fromEntries(
  PROFILES.map((profile) => [profile, `shop_orders_${profile}`]),
) as AccessInputs["roles"];

function schemaOf(names: string[], profile: string, oid: string | undefined): AccessInputs {
  const rights = {
    reader: { database: ["CONNECT"], schema: ["USAGE"], table: ["SELECT"] },
    writer: { table: ["INSERT"] },
    migrator: { schema: ["CREATE"] },
    owner: {},
  };
  const members = { app: { profile, oid } };
  const more = { grants: {}, members, onDelete: "drop", databaseStays: true, owner: "urn:pulumi:test::orders" };
  return { ...login(names), database: "shop", schema: "orders", roles, rights, ...more };
}

function appOf(names: string[]): PrincipalInputs {
  const { objectId } = person("app");
  const rights = { principalType: "service", isAdmin: false, isMfa: false, canLogin: true };
  const more = {
    bindBy: "name",
    onConflict: "refuse",
    onDelete: "refuse",
    waitSeconds: 0,
    owner: "urn:pulumi:test::app",
  };
  return { ...login(names), database: "postgres", roleName: "app", objectId, ...rights, ...more };
}

/** What the first administrator creates. */
async function created(names: string[]): Promise<{ app: PrincipalOutputs; schema: AccessState }> {
  const { outs: app } = await principal.create(appOf(names));
  const { outs: schema } = await access.create(schemaOf(names, "migrator", app.roleOid));
  await context.server.asService("SET ROLE shop_orders_migrator; CREATE TABLE orders.t AS SELECT 1 AS n", "shop");
  return { app, schema };
}

/** Everything that a later administrator does: another profile, another right, and in the end the deletes. */
async function changeAndDelete(names: string[], { app, schema }: { app: PrincipalOutputs; schema: AccessState }) {
  const { outs: changedApp } = await principal.update("id", app, appOf(names));
  const changed = await access.update("id", schema, schemaOf(names, "reader", app.roleOid));
  const rows = await context.query("app", person("app"), "SELECT n FROM orders.t", "shop");
  assert.deepEqual(rows, [{ n: 1 }], "the data and the login are there");
  await access.remove("id", changed.outs);
  await principal.remove("id", changedApp as PrincipalOutputs);
  const left = await context.server.asService("SELECT rolname FROM pg_roles WHERE rolname ~ '^(app|shop_orders_.*)$'");
  assert.deepEqual(left, []);
}

for (const adminOption of ["azure_pg_admin", "creator"] as const) {
  for (const removedAdministrators of ["kept", "dropped"] as const) {
    describe(`ADMIN for ${adminOption}, roles of removed administrators ${removedAdministrators}`, () => {
      before(() => context.server.behave({ adminOption, removedAdministrators }));
      after(async () => {
        logInAs(context.admin);
        await context.server.behave(GENTLE);
      });

      test("a second administrator takes over in its own update, and the first one goes", async () => {
        await add("ada");
        logInAs(person("ada"));
        const made = await created(["ada"]);
        await add("bob");
        await handOver.update("id", guard("ada"), guard("ada", "bob"));
        const outs = { app: made.app, schema: made.schema };
        // Not yet: bob could not act as ada's grantor role any more.
        logInAs(person("ada"));
        await assert.rejects(handOver.update("id", guard("ada", "bob"), guard("bob")), /EP-SERVER-03/);
        logInAs(person("bob"));
        await handOver.update("id", guard("ada", "bob"), guard("bob"));
        await context.server.removeAdministrator(person("ada").objectId);
        await changeAndDelete(["bob"], outs);
        await context.server.removeAdministrator(person("bob").objectId);
        await context.server.asService("DROP OWNED BY ada; DROP ROLE IF EXISTS ada").catch(() => []);
        await context.server.asService("DROP OWNED BY bob; DROP ROLE IF EXISTS bob").catch(() => []);
      });

      test("three successors in turn manage what the first one created", async () => {
        logInAs(context.admin);
        const made = await created(["admin"]);
        let { app, schema } = made;
        let current = "admin";
        for (const next of ["ada", "bob", "ada"]) {
          await add(next);
          await handOver.update("id", guard(current), guard(current, next));
          logInAs(person(next));
          await handOver.update("id", guard(current, next), guard(next));
          if (current !== "admin") await context.server.removeAdministrator(person(current).objectId);
          app = (await principal.update("id", app, appOf([next]))).outs as PrincipalOutputs;
          schema = (await access.update("id", schema, schemaOf([next], "writer", app.roleOid))).outs;
          current = next;
        }
        await changeAndDelete([current], { app, schema });
        await context.server.removeAdministrator(person(current).objectId);
      });

      test("a group replaces a member of it in one update", async () => {
        logInAs(context.admin);
        const made = await created(["admin"]);
        await add("team");
        await handOver.update("id", guard("admin"), guard("team"));
        await changeAndDelete(["team"], made);
        await context.server.removeAdministrator(person("team").objectId);
      });
    });
  }
}

test("an administrator that others depend on is not removed", async () => {
  logInAs(context.admin);
  const { app, schema } = await created(["admin"]);
  await add("bob");
  logInAs(person("bob"));
  // Nobody handed over to bob, so it has no way to the roles.
  await assert.rejects(
    handOver.update("id", guard("admin", "bob"), guard("bob")),
    /as entra_postgres_grantor_\w+: GRANT[\s\S]*EP-ACCESS-07/,
  );
  logInAs(context.admin);
  await access.remove("id", schema);
  await principal.remove("id", app);
  await context.server.removeAdministrator(person("bob").objectId);
});

test("an administrator without ADMIN on a role learns who holds it, and the GRANT that helps", async () => {
  const rename = (from: string, to: string) =>
    context.server.asService(`ALTER FUNCTION pg_catalog.${from} RENAME TO ${to}`);
  const [known, hidden] = ["pgaadauth_update_principal_with_oid", "unknown_function"];
  await context.server.behave({ adminOption: "creator" });
  // Azure does not document the function by which another administrator takes a role over.
  await rename(known, hidden);
  logInAs(context.admin);
  const { outs } = await principal.create(appOf(["admin"]));
  await add("ada");
  logInAs(person("ada"));
  const wanted = { ...appOf(["ada"]), canLogin: false };
  await assert.rejects(principal.update("id", outs, wanted), (error: Error) => {
    assert.match(error.message, /found: .*42501.*; these hold it: "admin"\n/);
    assert.match(error.message, /as "admin": GRANT "app" TO "ada" WITH ADMIN OPTION; then run[\s\S]*EP-PG-18$/);
    assert.doesNotMatch(error.message, /log in as a/);
    return true;
  });
  await context.query("admin", context.admin, 'GRANT "app" TO "ada" WITH ADMIN OPTION');
  const { outs: changed } = await principal.update("id", outs, wanted);
  await principal.remove("id", changed as PrincipalOutputs);
  await context.server.removeAdministrator(person("ada").objectId);
  logInAs(context.admin);
  await rename(hidden, known);
  await context.server.behave(GENTLE);
});

test("a new name of an administrator is refused in the preview, with the steps", async () => {
  const before = guard("admin");
  const renamed = { ...before, administrators: [{ ...administrator("admin"), name: "root" }] };
  await assert.rejects(handOver.diff("id", before, renamed), /EP-SERVER-02/);
  const reordered = { ...guard("admin", "bob"), administrators: ["bob", "admin"].map(administrator) };
  assert.equal((await handOver.diff("id", guard("admin", "bob"), reordered)).replaces.length, 0);
});
