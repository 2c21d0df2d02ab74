import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsIn, problemsOf as problemsOfConfig, settingsOf as settingsOfConfig } from "./settings.ts";

const settingsOf = (apps: unknown, more: Record<string, string> = {}) => settingsOfConfig({ ...more, apps });
const problemsOf = (apps: unknown, more: Record<string, string> = {}) => problemsOfConfig({ ...more, apps });

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
  assert.match(text, /pulumi config set --stack test --path 'apps\[0\]\.profile' writer/);
  assert.match(text, /apps\[1\]\.schema is "public"/);
  assert.match(text, /apps\[1\]\.colour .*\s+allowed: no such key; there are name, profile, schema/);
  assert.match(text, /apps\[2\]\.name is missing/);
});

test("two applications with one role name, or one schema: both are named", async () => {
  const text = await problemsOf([
    { name: "orders", profile: "writer", vmName: "vm" },
    { name: "billing", profile: "writer", vmName: "vm", schema: "orders" },
  ]);
  assert.match(text, /has 2 problems/);
  assert.match(text, /apps\[1\]\.vmName is "vm"\s+allowed: a VM of its own, .*; apps\[0\] has the same$/m);
  assert.match(
    text,
    /apps\[1\]\.schema is "orders"\s+allowed: a schema of its own, .*; apps\[0\] names its roles the same$/m,
  );
});

test("two applications whose roles would have one name: both are named", async () => {
  const text = await problemsOf([
    { name: "a", profile: "writer", database: "app", schema: "x_y" },
    { name: "b", profile: "writer", database: "app_x", schema: "y" },
  ]);
  assert.match(text, /apps\[1\]\.schema is "y"\s+allowed: a schema of its own.*; apps\[0\] names its roles the same/);
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
    /apps\[0\]\.schema .*\s+allowed: database and schema that are shorter by 7 characters together: the roles are named d+_s+_migrator\s+example: .* s{23}$/m,
  );
  const longDatabase = [{ name: "a", profile: "writer", database: "d".repeat(53), schema: "s" }];
  assert.match(await problemsOf(longDatabase), /apps\[0\]\.database is "d{53}"\s+allowed: .*\s+example: .* d{52}$/m);
});

test("the same of the one application that there is without a list", async () => {
  await assert.rejects(
    settingsOf([], { databaseName: "d".repeat(51) }),
    /databaseName is [\s\S]*roles are named d+_app_migrator/,
  );
  assert.equal((await settingsOf([], { databaseName: "d".repeat(50) })).databases.length, 1);
});

test("a databaseName that leaves no room for a schema is told once, whoever needs the room", async () => {
  const apps = ["a", "b"].map((name) => ({ name, profile: "reader" }));
  const text = await problemsOf(apps, { databaseName: "d".repeat(53) });
  assert.match(text, /has 1 problem:/);
  assert.deepEqual(commandsIn(text), [`pulumi config set --stack test databaseName ${"d".repeat(52)}`]);
  for (const given of [apps, []]) {
    assert.match(await problemsOf(given, { databaseName: "D".repeat(63) }), /has 1 problem:/);
  }
});

test("what is no list of applications is refused with how one is given", async () => {
  const text = await problemsOf("orders");
  assert.match(text, /has 1 problem:/);
  assert.match(text, /apps is "orders"\s+allowed: a list, each item an object with the keys name, profile/);
  assert.deepEqual(commandsIn(text), ["pulumi config set --stack test --path 'apps[0].name' orders"]);
});

test("an item that is no application is told with its path, and the others are read", async () => {
  const text = await problemsOf(["orders", { name: "b", profile: "admin" }, 7]);
  assert.match(text, /has 3 problems/);
  assert.match(text, /apps\[0\] is "orders"\s+allowed: an object with the keys name, profile/);
  assert.match(text, /apps\[2\] is "7"/);
  assert.deepEqual(commandsIn(text), [
    "pulumi config set --stack test --path 'apps[1].profile' writer",
    "pulumi config rm --stack test --path 'apps[2]'",
    "pulumi config rm --stack test --path 'apps[0]'",
  ]);
});

test("the name that is proposed for one that is taken is free, and no longer than it may be", async () => {
  const long = "a".repeat(31);
  const names = ["orders", "orders", "orders-2", "orders", long, long];
  const apps = names.map((name, index) => ({ name, profile: "reader", schema: `s${index}`, vmName: `vm${index}` }));
  const command = (index: number, name: string) =>
    `pulumi config set --stack test --path 'apps[${index}].name' ${name}`;
  assert.deepEqual(commandsIn(await problemsOf(apps)), [
    command(1, "orders-3"),
    command(3, "orders-4"),
    command(5, `${"a".repeat(29)}-2`),
  ]);
  const same = [
    { name: "a", profile: "reader", schema: "facts", vmName: "BI" },
    { name: "b", profile: "reader", schema: "facts", vmName: "bi" },
    { name: "c", profile: "reader", schema: "facts_2", vmName: "bi-2" },
  ];
  assert.deepEqual(commandsIn(await problemsOf(same)), [
    "pulumi config set --stack test --path 'apps[1].vmName' bi-3",
    "pulumi config set --stack test --path 'apps[1].schema' facts_3",
  ]);
});

test("for a name that is not allowed one is proposed that is, and that nobody has", async () => {
  const names = ["orders", "Orders!", "My Sales", "", undefined, "7 Bills"];
  const apps = names.map((name, index) => ({ name, profile: "reader", schema: `s${index}`, vmName: `vm${index}` }));
  const proposed = commandsIn(await problemsOf(apps)).map((command) => command.split(" ").at(-1));
  assert.deepEqual(proposed, ["orders-2", "my-sales", "orders-3", "orders-4", "bills"]);
});

test("what follows from a name that is wrong or taken is not told beside it", async () => {
  const text = await problemsOf(
    [
      { name: "Bad Name", profile: "reader" },
      { name: "", profile: "reader" },
      { name: "", profile: "reader" },
      { name: "orders", profile: "reader" },
      { name: "orders", profile: "reader" },
    ],
    { databaseName: "Not A Database", vmName: "shop" },
  );
  assert.match(text, /has 5 problems/);
  for (const problem of [/:databaseName is/, /apps\[0\]\.name is "Bad Name"/, /apps\[1\]\.name is ""/])
    assert.match(text, problem);
  for (const problem of [/apps\[2\]\.name is ""/, /apps\[4\]\.name is "orders"/]) assert.match(text, problem);
  assert.match(await problemsOf([{ name: "a", profile: "reader" }], { vmName: "no name" }), /has 1 problem:/);
});

test("a default that is wrong by itself is told as the default that it is", async () => {
  const text = await problemsOf([
    { name: "pg-stat", profile: "reader" },
    { name: "a-b", profile: "reader" },
    { name: "c", profile: "reader", schema: "e_f" },
    { name: "e-f", profile: "reader" },
  ]);
  assert.match(text, /has 2 problems/);
  assert.match(text, /apps\[0\]\.schema is missing\s+allowed: .*; here the default would be pg_stat$/m);
  assert.match(
    text,
    /apps\[3\]\.schema is missing\s+allowed: .*; with the default, e_f, apps\[2\] names its roles the same$/m,
  );
});

test("a stack's name that makes no VM's name asks for a vmName, once, and only where one follows from it", async () => {
  const apps = ["a", "b"].map((name) => ({ name, profile: "reader" }));
  for (const config of [{}, { apps }]) {
    const text = await problemsOfConfig(config, { stack: { stack: "dev_1" } });
    assert.match(text, /has 1 problem:/);
    assert.match(text, /vmName is missing\s+allowed: .*; here the default would be entra-postgres-dev_1$/m);
    assert.deepEqual(commandsIn(text), ["pulumi config set --stack dev_1 vmName orders-api"]);
  }
  assert.match(
    await problemsOfConfig({ apps: ["a"] }, { stack: { stack: "dev_1" } }),
    /has 1 problem:[\s\S]*apps\[0\]/,
  );
  const own = apps.map((app) => ({ ...app, vmName: `vm-${app.name}` }));
  assert.equal((await settingsOfConfig({ apps: own }, { stack: { stack: "dev_1" } })).apps.length, 2);
});

test("an invalid databaseName does not hide what is wrong with a database that an application names", async () => {
  const text = await problemsOf([{ name: "a", profile: "writer", database: "d".repeat(53), schema: "s" }], {
    databaseName: "Bad",
  });
  assert.match(text, /has 2 problems/);
  assert.match(text, /apps\[0\]\.database is "d{53}"/);
});
