import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertReports, type Circumstances, commandsOf, type Expected, settingsOf } from "./settings.ts";

const app = (name: string, parts: Record<string, unknown> = {}) => ({ name, profile: "reader", ...parts });
const ADMINISTRATOR = { objectId: "aaaaaaaa-0000-0000-0000-000000000001", type: "Group" };
const long = (letter: string, length: number) => letter.repeat(length);

test("an application needs a name and a profile; the rest has defaults", async () => {
  const { apps, schemas, databases } = await settingsOf({
    vmName: "shop",
    databaseName: "main",
    apps: [app("order-api"), app("jobs", { schema: "order-api" }), app("bi", { vmName: "bi", formerName: "reports" })],
    schemas: [{ name: "bi", database: "dwh", schema: "facts", onDelete: "retain", extensions: ["pg_trgm"] }],
  });
  assert.deepEqual(apps, [
    app("order-api", { schema: "order-api", roleName: "shop-order-api", vmName: "shop-order-api" }),
    app("jobs", { schema: "order-api", roleName: "shop-jobs", vmName: "shop-jobs" }),
    app("bi", { schema: "bi", roleName: "bi", vmName: "bi", formerName: "reports" }),
  ]);
  const defaults = { onDelete: "refuse", extensions: [], createSchemas: false, grants: [] };
  const facts = { name: "bi", schema: "facts", database: "dwh", onDelete: "retain", extensions: ["pg_trgm"] };
  assert.deepEqual(schemas, [
    { ...defaults, ...facts },
    { ...defaults, name: "order-api", schema: "order_api", database: "main" },
  ]);
  assert.deepEqual(databases, [
    { name: "dwh", retain: true, extensions: ["pg_trgm"] },
    { name: "main", retain: false, extensions: [] },
  ]);
});

test("a schema's switches, extensions and grants are values of it", async () => {
  const grants = [{ role: "auditor", objectType: "table", objects: ["item"], privileges: ["SELECT"] }];
  const { schemas } = await settingsOf({
    apps: [app("a")],
    schemas: [{ name: "a", createSchemas: true, extensions: ["citext", "pg_trgm"], grants }],
  });
  assert.deepEqual(
    schemas.map(({ createSchemas, extensions, grants: given }) => [createSchemas, extensions, given]),
    [[true, ["citext", "pg_trgm"], grants]],
  );
});

describe("accepted applications", () => {
  const rows: [name: string, config: Record<string, unknown>, count: number, circumstances?: Circumstances][] = [
    [
      "one schema name in two databases is two schemas",
      {
        apps: [app("a"), app("b")],
        schemas: [
          { name: "a", database: "one", schema: "x" },
          { name: "b", database: "two", schema: "x" },
        ],
      },
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
          app("b", { schema: "c", colour: "red" }),
          { profile: "reader" },
          { name: "d" },
        ],
        schemas: [{ schema: "public", name: "x", size: 3 }, { database: "shop" }],
      },
      {
        "apps[0].profile": ["EP-CONFIG-01", /^reader, writer, migrator, owner$/],
        "apps[1].schema": ["EP-CONFIG-01", /^the name of a schema: x, a, d/],
        "apps[1].colour": [
          "EP-CONFIG-03",
          /^unknown key; valid keys: name, profile, schema, vmName, formerName, existingVmId, /,
        ],
        "schemas[0].schema": ["EP-CONFIG-01", /not public/],
        "schemas[0].size": [
          "EP-CONFIG-03",
          /^unknown key; valid keys: name, schema, database, onDelete, extensions, createSchemas, grants$/,
        ],
        "schemas[1].name": ["EP-CONFIG-02", /^a lower-case letter/],
        "apps[2].name": ["EP-CONFIG-02", /^a lower-case letter/],
        "apps[3].profile": ["EP-CONFIG-02", /^reader, writer/],
      },
    ],
    [
      "names that are reserved for roles",
      {
        apps: [app("a", { vmName: "Postgres" })],
        schemas: [
          { name: "b", database: "pg_z" },
          { name: "c", database: "azure_z" },
        ],
      },
      {
        "apps[0].vmName": ["EP-CONFIG-01", /./],
        "schemas[0].database": ["EP-CONFIG-01", /./],
        "schemas[1].database": ["EP-CONFIG-01", /./],
      },
    ],
    [
      "one VM, in other capitals, and one schema under two names",
      {
        apps: [app("orders", { vmName: "VM" }), app("billing", { vmName: "vm" })],
        schemas: [{ name: "orders" }, { name: "billing", schema: "orders" }],
      },
      {
        "apps[1].vmName": ["EP-CONFIG-05", /^a VM or identity of its own, .*; apps\[0\] has the same$/],
        "schemas[1].schema": ["EP-CONFIG-05", /^a schema of its own, .*; schemas\[0\] names its roles the same$/],
      },
    ],
    [
      "an administrator's name as a VM's, whose role it would be",
      { apps: [app("a", { vmName: "ops" })], moreAdministrators: [{ ...ADMINISTRATOR, name: "ops" }] },
      { "apps[0].vmName": ["EP-CONFIG-05", /^another name than an administrator's/] },
    ],
    [
      "administrators' names that PostgreSQL would truncate, or that cannot be seen",
      {
        moreAdministrators: [long("n", 64), "on\u200bcall", " padded"].map((name, index) => ({
          objectId: `aaaaaaaa-0000-0000-0000-00000000000${index}`,
          name,
          type: "Group",
        })),
      },
      {
        "moreAdministrators[0].name": ["EP-CONFIG-01", /at most 63 bytes/],
        "moreAdministrators[1].name": ["EP-CONFIG-01", /./],
        "moreAdministrators[2].name": ["EP-CONFIG-01", /./],
      },
    ],
    [
      "two schemas whose roles would have one name",
      {
        schemas: [
          { name: "a", database: "app", schema: "x_y" },
          { name: "b", database: "app_x", schema: "y" },
        ],
      },
      { "schemas[1].schema": ["EP-CONFIG-05", /; schemas\[0\] names its roles the same$/] },
    ],
    [
      "words and names in grants, and grants on a profile's own role",
      {
        schemas: [
          {
            name: "app",
            grants: [
              { role: "app_app_reader", objectType: "table", privileges: ["INSERT"] },
              { role: "auditor", objectType: "table", privileges: ["ALL"] },
            ],
          },
          { name: "b", grants: [{ role: "x" }], createSchemas: "yes", extensions: ["Bad Name"] },
        ],
      },
      {
        "schemas[0].grants[0]": ["EP-CONFIG-01", /names the role app_app_reader of a profile/],
        "schemas[0].grants[1]": ["EP-CONFIG-01", /has the privilege "ALL"; allowed on a table: SELECT/],
        "schemas[1].grants": ["EP-CONFIG-01", /^a list of objects with role/],
        "schemas[1].createSchemas": ["EP-CONFIG-01", /^true, false$/],
        "schemas[1].extensions": ["EP-CONFIG-01", /^a list of extensions' names$/],
      },
    ],
    [
      "names that make a role's name longer than PostgreSQL keeps",
      {
        schemas: [
          { name: "a", database: long("d", 30), schema: long("s", 30) },
          { name: "b", database: long("e", 53), schema: "s" },
        ],
      },
      {
        "schemas[0].schema": ["EP-CONFIG-04", /^database and schema that are shorter by 7 .* named d+_s+_migrator$/],
        "schemas[1].database": ["EP-CONFIG-04", /shorter by 1 /],
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
      { apps: [app("pg-stat"), app("a-b"), app("c"), app("e-f")], schemas: [{ name: "c", schema: "e_f" }] },
      {
        "apps[0].name": ["EP-CONFIG-01", /whose schema is allowed, not pg_stat/],
        "apps[3].name": ["EP-CONFIG-05", /; with the default, e_f, schemas\[0\] names its roles the same$/],
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
      "but a schema's own database is checked beside an invalid databaseName",
      { schemas: [{ name: "a", database: long("d", 53), schema: "s" }], databaseName: "Bad" },
      { ...invalid("databaseName"), "schemas[0].database": ["EP-CONFIG-04", /./] },
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
    names.map((name, index) => ({ name, profile: "reader", vmName: `vm${index}` }));
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
      "for a VM that is taken",
      [app("a", { vmName: "BI" }), app("b", { vmName: "bi" }), app("c", { vmName: "bi-2" })],
      [set(1, "vmName", "bi-3")],
    ],
  ];
  for (const [name, apps, commands] of rows) {
    test(name, async () => assert.deepEqual(await commandsOf({ apps }), commands));
  }

  const setSchema = (index: number, part: string, name: string) =>
    `set --stack test --path 'schemas[${index}].${part}' ${name}`;
  const schemaRows: [name: string, schemas: unknown[], commands: string[]][] = [
    [
      "for a schema that is taken",
      ["facts", "facts", "facts_2"].map((schema, index) => ({ name: `s${index}`, schema })),
      [setSchema(1, "schema", "facts_3")],
    ],
    [
      "for a schema that is taken beside a long database",
      ["a", "b"].map((name) => ({ name, database: long("d", 40), schema: long("s", 13) })),
      [setSchema(1, "schema", `${long("s", 11)}_2`)],
    ],
    [
      "for a schema and a database that are too long",
      [
        { name: "a", database: long("d", 30), schema: long("s", 30) },
        { name: "b", database: long("e", 53), schema: "s" },
      ],
      [setSchema(0, "schema", long("s", 23)), setSchema(1, "database", long("e", 52))],
    ],
  ];
  for (const [name, schemas, commands] of schemaRows) {
    test(name, async () => assert.deepEqual(await commandsOf({ schemas }), commands));
  }
});
