import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { readSettings } from "../../config.ts";
import { recordResources } from "./mocks.ts";

async function settingsOf(apps: unknown, more: Record<string, string> = {}) {
  await recordResources();
  const config = { ...more, apps: JSON.stringify(apps) };
  const full = Object.fromEntries(Object.entries(config).map(([key, value]) => [`entra-postgres:${key}`, value]));
  process.env.PULUMI_CONFIG_SECRET_KEYS = "[]";
  pulumi.runtime.setAllConfig(full, []);
  return readSettings();
}

async function problemsOf(apps: unknown): Promise<string> {
  try {
    await settingsOf(apps);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), "a message without a stack");
    return (error as Error).message;
  }
  throw new assert.AssertionError({ message: "the configuration was accepted" });
}

test("an application needs a name and a profile; the rest follows from them", async () => {
  const { apps, databases } = await settingsOf(
    [
      { name: "order-api", profile: "writer" },
      { name: "reports", profile: "reader", database: "dwh", schema: "facts", vmName: "bi", onDelete: "retain" },
    ],
    { vmName: "shop", databaseName: "main" },
  );
  assert.deepEqual(apps, [
    {
      name: "order-api",
      profile: "writer",
      schema: "order_api",
      database: "main",
      vmName: "shop-order-api",
      onDelete: "refuse",
    },
    { name: "reports", profile: "reader", schema: "facts", database: "dwh", vmName: "bi", onDelete: "retain" },
  ]);
  assert.deepEqual(databases, ["main", "dwh"]);
});

test("an unknown profile, a reserved schema and a key that nobody knows: each with what is allowed, and a command", async () => {
  const text = await problemsOf([
    { name: "a", profile: "admin" },
    { name: "b", profile: "reader", schema: "public", colour: "red" },
    { profile: "reader" },
  ]);
  assert.match(text, /has 4 problems/);
  assert.match(text, /apps\[0\]\.profile is "admin"\s+allowed: reader, writer, migrator, owner/);
  assert.match(text, /pulumi config set --path 'apps\[0\]\.profile' writer/);
  assert.match(text, /apps\[1\]\.schema is "public"/);
  assert.match(text, /apps\[1\]\.colour .*\s+allowed: no such key; there are name, profile, schema/);
  assert.match(text, /apps\[2\]\.name is "\(missing\)"/);
});

test("two applications with one role name, or one schema: both are named", async () => {
  const text = await problemsOf([
    { name: "orders", profile: "writer", vmName: "vm" },
    { name: "billing", profile: "writer", vmName: "vm", schema: "orders" },
  ]);
  assert.match(
    text,
    /apps\[1\]\.vmName is "vm"\s+allowed: a VM, whose name is also the role's of its own; apps\[0\] \(orders\) and apps\[1\] \(billing\)/,
  );
  assert.match(
    text,
    /apps\[1\]\.schema is "orders"\s+.*apps\[0\] \(orders\) and apps\[1\] \(billing\) both have this one/,
  );
});

test("two applications whose roles would have one name: both are named", async () => {
  const text = await problemsOf([
    { name: "a", profile: "writer", database: "app", schema: "x_y" },
    { name: "b", profile: "writer", database: "app_x", schema: "y" },
  ]);
  assert.match(text, /apps\[1\]\.schema is "y"\s+allowed: a set of roles.* apps\[0\] \(a\) and apps\[1\] \(b\) both/);
});

test("names of VMs that differ in case only are one VM's", async () => {
  const text = await problemsOf([
    { name: "a", profile: "writer", vmName: "Orders" },
    { name: "b", profile: "writer", vmName: "orders" },
  ]);
  assert.match(text, /apps\[1\]\.vmName is "orders"\s+allowed: a VM/);
});

test("names that become a role's are none of PostgreSQL's or the service's", async () => {
  const text = await problemsOf([
    { name: "a", profile: "writer", vmName: "Postgres" },
    { name: "b", profile: "writer", database: "pg_z" },
    { name: "c", profile: "writer", database: "azure_z" },
  ]);
  for (const problem of [
    /apps\[0\]\.vmName is "Postgres"/,
    /apps\[1\]\.database is "pg_z"/,
    /apps\[2\]\.database is "azure_z"/,
  ]) {
    assert.match(text, problem);
  }
});

test("one schema name in two databases is two schemas", async () => {
  const { apps } = await settingsOf([
    { name: "a", profile: "writer", database: "one", schema: "data" },
    { name: "b", profile: "writer", database: "two", schema: "data" },
  ]);
  assert.equal(apps.length, 2);
});

test("names that make a profile's role longer than PostgreSQL keeps are refused", async () => {
  const text = await problemsOf([{ name: "a", profile: "writer", database: "d".repeat(30), schema: "s".repeat(30) }]);
  assert.match(
    text,
    /apps\[0\]\.schema .*\s+allowed: database and schema that are shorter by 7 characters together: the roles are named d+_s+_migrator/,
  );
});

test("the same of the one application that there is without a list", async () => {
  await assert.rejects(
    settingsOf([], { databaseName: "d".repeat(51) }),
    /databaseName is [\s\S]*roles are named d+_app_migrator/,
  );
  assert.equal((await settingsOf([], { databaseName: "d".repeat(50) })).databases.length, 1);
});

test("what is no list of applications is refused with how one is given", async () => {
  assert.match(await problemsOf("orders"), /apps\[0\]\.name is .*\s+allowed: a list/);
});
