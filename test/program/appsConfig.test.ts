import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertReports, type Circumstances, commandsOf, type Expected, settingsOf } from "./settings.ts";

const app = (name: string, parts: Record<string, unknown> = {}) => ({ name, profile: "reader", ...parts });
const long = (letter: string, length: number) => letter.repeat(length);

test("an application needs a name and a profile; the rest has defaults", async () => {
  const stated = { database: "dwh", schema: "facts", vmName: "bi", onDelete: "retain" };
  const { apps, databases } = await settingsOf({
    vmName: "shop",
    databaseName: "main",
    apps: [app("order-api"), app("reports", stated)],
  });
  const defaults = { database: "main", schema: "order_api", vmName: "shop-order-api", onDelete: "refuse" };
  assert.deepEqual(apps, [app("order-api", defaults), app("reports", stated)]);
  assert.deepEqual(databases, ["main", "dwh"]);
});

describe("accepted applications", () => {
  const rows: [name: string, config: Record<string, unknown>, count: number, circumstances?: Circumstances][] = [
    [
      "one schema name in two databases is two schemas",
      { apps: [app("a", { database: "one", schema: "x" }), app("b", { database: "two", schema: "x" })] },
      2,
    ],
    ["a database's name may be as long as the roles' names allow", { databaseName: long("d", 50) }, 1],
    [
      "a stack's name with an underscore needs no vmName where each application has one",
      { apps: [app("a", { vmName: "vm-a" }), app("b", { vmName: "vm-b" })] },
      2,
      { stack: { stack: "dev_1" } },
    ],
  ];
  for (const [name, config, count, circumstances] of rows) {
    test(name, async () => assert.equal((await settingsOf(config, circumstances)).apps.length, count));
  }
});

describe("refused applications", () => {
  const rows: [name: string, config: Record<string, unknown>, reports: Expected, circumstances?: Circumstances][] = [
    [
      "an unknown profile, a reserved schema, an unknown key and a missing name",
      {
        apps: [
          app("a", { profile: "admin" }),
          app("b", { schema: "public", colour: "red" }),
          { profile: "reader" },
          { name: "d" },
        ],
      },
      {
        "apps[0].profile": ["EP-CONFIG-01", /^reader, writer, migrator, owner$/],
        "apps[1].schema": ["EP-CONFIG-01", /not public/],
        "apps[1].colour": [
          "EP-CONFIG-03",
          /^unknown key; valid keys: name, profile, schema, database, vmName, onDelete$/,
        ],
        "apps[2].name": ["EP-CONFIG-02", /^a lower-case letter/],
        "apps[3].profile": ["EP-CONFIG-02", /^reader, writer/],
      },
    ],
    [
      "names that are reserved for roles",
      { apps: [app("a", { vmName: "Postgres" }), app("b", { database: "pg_z" }), app("c", { database: "azure_z" })] },
      {
        "apps[0].vmName": ["EP-CONFIG-01", /./],
        "apps[1].database": ["EP-CONFIG-01", /./],
        "apps[2].database": ["EP-CONFIG-01", /./],
      },
    ],
    [
      "one VM, in other capitals, and one schema for two applications",
      { apps: [app("orders", { vmName: "VM" }), app("billing", { vmName: "vm", schema: "orders" })] },
      {
        "apps[1].vmName": ["EP-CONFIG-05", /^a VM of its own, .*; apps\[0\] has the same$/],
        "apps[1].schema": ["EP-CONFIG-05", /^a schema of its own, .*; apps\[0\] names its roles the same$/],
      },
    ],
    [
      "two schemas whose roles would have one name",
      { apps: [app("a", { database: "app", schema: "x_y" }), app("b", { database: "app_x", schema: "y" })] },
      { "apps[1].schema": ["EP-CONFIG-05", /; apps\[0\] names its roles the same$/] },
    ],
    [
      "names that make a role's name longer than PostgreSQL keeps",
      {
        apps: [
          app("a", { database: long("d", 30), schema: long("s", 30) }),
          app("b", { database: long("e", 53), schema: "s" }),
        ],
      },
      {
        "apps[0].schema": ["EP-CONFIG-04", /^database and schema that are shorter by 7 .* named d+_s+_migrator$/],
        "apps[1].database": ["EP-CONFIG-04", /shorter by 1 /],
      },
    ],
    [
      "the same for the one application without a list",
      { databaseName: long("d", 51) },
      { databaseName: ["EP-CONFIG-04", /named d+_app_migrator$/] },
    ],
    [
      "items that are not objects",
      { apps: ["orders", app("b"), 7] },
      {
        "apps[0]": ["EP-CONFIG-01", /^an object with the keys name, profile/],
        "apps[2]": ["EP-CONFIG-01", /^an object/],
      },
    ],
    [
      "defaults that are not allowed, as the defaults that they are",
      { apps: [app("pg-stat"), app("a-b"), app("c", { schema: "e_f" }), app("e-f")] },
      {
        "apps[0].schema": ["EP-CONFIG-02", /; here the default would be pg_stat$/],
        "apps[3].schema": ["EP-CONFIG-05", /; with the default, e_f, apps\[2\] names its roles the same$/],
      },
    ],
    ...[{}, { apps: [app("a"), app("b")] }].map(
      (config): [string, Record<string, unknown>, Expected, Circumstances] => [
        `a stack's name that makes no VM's name, ${"apps" in config ? "with" : "without"} a list`,
        config,
        { vmName: ["EP-CONFIG-02", /; here the default would be entra-postgres-dev_1$/] },
        { stack: { stack: "dev_1" } },
      ],
    ),
  ];
  for (const [name, config, reports, circumstances] of rows) {
    test(name, () => assertReports(config, reports, circumstances));
  }
});

describe("errors that follow from one already reported are not reported", () => {
  const invalid = (...keys: string[]): Expected => Object.fromEntries(keys.map((key) => [key, ["EP-CONFIG-01", /./]]));
  const taken: Expected = { "apps[4].name": ["EP-CONFIG-05", /^a name of its own/] };
  const full: Expected = { databaseName: ["EP-CONFIG-04", /./] };
  const rows: [name: string, config: Record<string, unknown>, reports: Expected, circumstances?: Circumstances][] = [
    [
      "defaults made of names that are invalid or taken",
      {
        apps: [app("Bad Name"), app(""), app(""), app("orders"), app("orders")],
        databaseName: "Not A Database",
        vmName: "shop",
      },
      { ...invalid("databaseName", "apps[0].name", "apps[1].name", "apps[2].name"), ...taken },
    ],
    ["VMs' names made of an invalid vmName", { apps: [app("a")], vmName: "no name" }, invalid("vmName")],
    [
      "a databaseName without room for a schema, once",
      { apps: [app("a"), app("b")], databaseName: long("d", 53) },
      full,
    ],
    ["an invalid databaseName that is too long", { databaseName: long("D", 63) }, invalid("databaseName")],
    [
      "but an application's own database is checked beside an invalid databaseName",
      { apps: [app("a", { database: long("d", 53), schema: "s" })], databaseName: "Bad" },
      { ...invalid("databaseName"), "apps[0].database": ["EP-CONFIG-04", /./] },
    ],
    [
      "a missing vmName of applications that are not objects",
      { apps: ["a"] },
      invalid("apps[0]"),
      { stack: { stack: "dev_1" } },
    ],
  ];
  for (const [name, config, reports, circumstances] of rows) {
    test(name, () => assertReports(config, reports, circumstances));
  }
});

describe("proposed names are valid, short enough and free", () => {
  const separate = (names: readonly (string | undefined)[]) =>
    names.map((name, index) => ({ name, profile: "reader", schema: `s${index}`, vmName: `vm${index}` }));
  const set = (index: number, part: string, name: string) => `set --stack test --path 'apps[${index}].${part}' ${name}`;
  const rows: [name: string, apps: unknown[], commands: string[]][] = [
    [
      "for a name that is taken",
      separate(["orders", "orders", "orders-2", "orders", long("a", 31), long("a", 31)]),
      [set(1, "name", "orders-3"), set(3, "name", "orders-4"), set(5, "name", `${long("a", 29)}-2`)],
    ],
    [
      "for a name that is invalid or missing",
      separate(["orders", "Orders!", "My Sales", "", undefined, "7 Bills"]),
      [
        set(1, "name", "orders-2"),
        set(2, "name", "my-sales"),
        set(3, "name", "orders-3"),
        set(5, "name", "bills"),
        set(4, "name", "orders-4"),
      ],
    ],
    [
      "for a VM and a schema that are taken",
      [
        app("a", { schema: "facts", vmName: "BI" }),
        app("b", { schema: "facts", vmName: "bi" }),
        app("c", { schema: "facts_2", vmName: "bi-2" }),
      ],
      [set(1, "vmName", "bi-3"), set(1, "schema", "facts_3")],
    ],
    [
      "for a schema that is taken beside a long database",
      ["a", "b"].map((name) => app(name, { database: long("d", 40), schema: long("s", 13) })),
      [set(1, "schema", `${long("s", 11)}_2`)],
    ],
    [
      "for a schema and a database that are too long",
      [
        app("a", { database: long("d", 30), schema: long("s", 30) }),
        app("b", { database: long("e", 53), schema: "s" }),
      ],
      [set(0, "schema", long("s", 23)), set(1, "database", long("e", 52))],
    ],
  ];
  for (const [name, apps, commands] of rows) {
    test(name, async () => assert.deepEqual(await commandsOf({ apps }), commands));
  }
});
