import assert from "node:assert/strict";
import { DEPLOYER } from "../../../sandbox/deployer.ts";
import type { Config, Step, Trial } from "./trial.ts";

/** A row of docs/changes.md, and how it is tried. */
export interface Change {
  change: string;
  happens: string;
  stays: string;
  /** The configuration before and after. @default {@link BASE} */
  from?: Config;
  steps: readonly Step[];
  /** Runs after `from` is up. */
  prepare?: (trial: Trial) => Promise<void>;
  /** Runs before the configuration goes back to `from`. */
  restore?: (trial: Trial) => Promise<void>;
}

const ORDERS = { name: "orders", profile: "migrator", vmName: "orders-vm" };
const OWN_SCHEMA = { name: "orders" };

/** One migrator with its schema. */
export const BASE: Config = { apps: [ORDERS], schemas: [OWN_SCHEMA] };

/** The names of the identity of the migrator in all rows. */
export const IDENTITIES = ["orders-vm", "orders-vm-2"];

const withSchemas = (...schemas: object[]): Config => ({ apps: [ORDERS], schemas: [OWN_SCHEMA, ...schemas] });
const withApps = (...apps: object[]): Config => ({ apps: [ORDERS, ...apps], schemas: [OWN_SCHEMA, { name: "spare" }] });
const withAdministrators = (...moreAdministrators: object[]): Config => ({ ...BASE, moreAdministrators });
const groupOf = (digit: string) => ({
  objectId: `${digit.repeat(8)}-0000-4000-8000-000000000000`,
  name: `on-call-${digit}`,
  type: "Group",
});
const [ONE, OTHER] = [groupOf("1"), groupOf("2")];

/** A table of another schema, made by its migrator. */
const fillSpare = (database: string) => (trial: Trial) =>
  trial.asService(`SET ROLE ${database}_spare_migrator; CREATE TABLE spare.kept AS SELECT 7 AS n`, database).then(noop);
const fillOutside = (trial: Trial) =>
  trial.asService("CREATE TABLE public.elsewhere AS SELECT 7 AS n", "depot").then(noop);
const seven = (table: string, database: string) => async (trial: Trial) =>
  assert.deepEqual(await trial.asService(`SELECT n FROM ${table}`, database), [{ n: 7 }]);
const goneSchema = async (trial: Trial) =>
  assert.deepEqual(await trial.asService("SELECT FROM pg_roles WHERE rolname ~ '_spare_'"), []);
const noop = () => undefined;

/** A schema beside the migrator's, in its database. */
const spare = (onDelete: string): Config => withSchemas({ name: "spare", onDelete });
/** A schema in a database of its own. */
const depot = (onDelete: string): Config => withSchemas({ name: "spare", database: "depot", onDelete });

/** Brings a database that was kept back into the state: azure-native creates nothing that exists. */
async function importDepot({ program }: Trial): Promise<void> {
  const resources = await program.resources();
  const server = resources.find(({ type }) => type === "azure-native:dbforpostgresql:Server");
  const parent = resources.find(({ type }) => type === "entra-postgres:index:EntraPostgresServer");
  const what = ["azure-native:dbforpostgresql:Database", "app-database-depot", `${server?.id}/databases/depot`];
  const options = ["--parent", `app=${parent?.urn}`, "--yes", "--skip-preview", "--protect=false"];
  await program.succeed(["import", ...what, ...options, "--generate-code=false"]);
}

const isAdministrator = (name: string, is: boolean) => async (trial: Trial) => {
  const [row] = await trial.asService(
    `SELECT count(*)::int AS n FROM pg_roles WHERE rolname = '${name}' AND rolcreaterole`,
  );
  assert.equal(row?.n, is ? 1 : 0);
};

const NAMES: readonly Change[] = [
  {
    change: "schema renamed (`schemas[].schema`)",
    happens: "the schema and its four roles are renamed in place",
    stays: "tables, rights, members, login settings",
    steps: [{ config: { apps: [ORDERS], schemas: [{ name: "orders", schema: "sales" }] } }],
  },
  {
    change: "database of an empty schema (`schemas[].database`)",
    happens: "the schema is deleted and created in the other database",
    stays: "nothing was in it",
    from: withSchemas({ name: "spare" }),
    steps: [{ config: withSchemas({ name: "spare", database: "depot" }) }],
  },
  {
    change: "database of a schema with tables",
    happens: "refused before the schema changes (EP-ACCESS-05)",
    stays: "everything; the old value repairs the stack",
    steps: [{ config: { apps: [ORDERS], schemas: [{ name: "orders", database: "depot" }] }, refused: "EP-ACCESS-05" }],
  },
  {
    change: "application renamed, with `formerName`",
    happens: "its resources are renamed in the state; its firewall rule is replaced",
    stays: "VM, identity, role, schema (named in `schemas`), tables",
    steps: [
      {
        config: {
          apps: [{ ...ORDERS, name: "shop", formerName: "orders", schema: "orders" }],
          schemas: [OWN_SCHEMA],
        },
      },
      { config: { apps: [{ ...ORDERS, formerName: "shop" }], schemas: [OWN_SCHEMA] } },
    ],
  },
  {
    change: "VM renamed (`apps[].vmName`)",
    happens: "the VM is replaced; the role of the new name takes the place of the old one",
    stays: "schema, tables, which belong to the migrator's role",
    steps: [{ config: { apps: [{ ...ORDERS, vmName: "orders-vm-2" }], schemas: [OWN_SCHEMA] } }],
  },
];

const MEMBERS: readonly Change[] = [
  {
    change: "profile through reader, writer, owner and back to migrator",
    happens: "memberships and login settings change in place; the connection test runs again",
    stays: "tables and their owner",
    steps: ["reader", "writer", "owner"].map((profile) => ({
      config: { apps: [{ ...ORDERS, profile }], schemas: [OWN_SCHEMA] },
    })),
  },
  {
    change: "application added to the schema, moved to another schema, removed",
    happens: "VM, identity and role are created; the membership moves; they are deleted",
    stays: "the schema, its other members, tables",
    from: withSchemas({ name: "spare" }),
    steps: [
      {
        config: withApps({ name: "api", profile: "writer", vmName: "api-vm", schema: "orders" }),
        check: async (trial) => {
          assert.equal((await trial.asIdentity("SELECT n FROM item", ["api-vm"])).length, 100);
        },
      },
      {
        config: withApps({ name: "api", profile: "writer", vmName: "api-vm", schema: "spare" }),
        check: (trial) => assert.rejects(trial.asIdentity("SELECT n FROM orders.item", ["api-vm"]), { code: "42501" }),
      },
    ],
  },
  {
    change: "one application serves and one reads a schema that another migrates",
    happens: "two VMs, identities and roles are created",
    stays: "the schema, its other members, tables",
    steps: [
      {
        config: {
          apps: [
            ORDERS,
            { name: "api", profile: "writer", vmName: "api-vm", schema: "orders" },
            { name: "bi", profile: "reader", vmName: "bi-vm", schema: "orders" },
          ],
          schemas: [OWN_SCHEMA],
        },
        check: async (trial) => {
          await trial.asIdentity("INSERT INTO item VALUES (101); DELETE FROM item WHERE n = 101", ["api-vm"]);
          assert.equal((await trial.asIdentity("SELECT n FROM item", ["bi-vm"])).length, 100);
          await assert.rejects(trial.asIdentity("DELETE FROM item", ["bi-vm"]), { code: "42501" });
        },
      },
    ],
  },
];

const REMOVALS: readonly Change[] = [
  ...["refuse", "drop", "retain"].map((onDelete) => ({
    change: `empty schema removed, \`onDelete: ${onDelete}\``,
    happens: onDelete === "retain" ? "nothing manages it any more" : "the schema and its roles are dropped",
    stays:
      onDelete === "retain" ? "the schema and its roles; a schema of the same name adopts them" : "nothing was in it",
    from: spare(onDelete),
    steps: [{ config: BASE, ...(onDelete === "retain" ? {} : { check: goneSchema }) }],
  })),
  {
    change: "schema with tables removed, `onDelete: refuse`",
    happens: "refused before anything changes (EP-ACCESS-05)",
    stays: "everything",
    from: spare("refuse"),
    prepare: fillSpare("app"),
    steps: [{ config: BASE, refused: "EP-ACCESS-05", check: seven("spare.kept", "app") }],
    restore: (trial) => trial.asService("DROP TABLE spare.kept").then(noop),
  },
  {
    change: "schema with tables removed, `onDelete: drop`",
    happens: "the schema, its tables and its roles are dropped",
    stays: "the other schemas",
    from: spare("drop"),
    prepare: fillSpare("app"),
    steps: [{ config: BASE, check: goneSchema }],
  },
  {
    change: "schema with tables removed, `onDelete: retain`",
    happens: "nothing manages it any more",
    stays: "the schema, its tables and its roles; a schema of the same name adopts them",
    from: spare("retain"),
    prepare: fillSpare("app"),
    steps: [
      { config: BASE, check: seven("spare.kept", "app") },
      { config: spare("drop"), check: seven("spare.kept", "app") },
    ],
    restore: (trial) => trial.asService("DROP TABLE spare.kept").then(noop),
  },
  ...["refuse", "drop"].map((onDelete) => ({
    change: `last schema of a database with tables outside it removed, \`onDelete: ${onDelete}\``,
    happens: "refused before anything changes (EP-ACCESS-05)",
    stays: "everything",
    from: depot(onDelete),
    prepare: fillOutside,
    steps: [{ config: BASE, refused: "EP-ACCESS-05", check: seven("public.elsewhere", "depot") }],
    restore: (trial: Trial) => trial.asService("DROP TABLE public.elsewhere", "depot").then(noop),
  })),
  {
    change: "last schema of a database removed, `onDelete: retain`",
    happens: "nothing manages the schema and the database any more",
    stays:
      "the database with every row; `up` refuses to make another of its name, with the `pulumi import` that manages it again (EP-SERVER-12)",
    from: depot("retain"),
    prepare: async (trial) => {
      await fillSpare("depot")(trial);
      await fillOutside(trial);
    },
    steps: [
      {
        config: BASE,
        check: async (trial) => {
          await seven("spare.kept", "depot")(trial);
          await seven("public.elsewhere", "depot")(trial);
        },
      },
      { config: depot("retain"), refused: "EP-SERVER-12", check: seven("spare.kept", "depot") },
    ],
    restore: importDepot,
  },
];

const SERVER: readonly Change[] = [
  {
    change: "administrators added, reordered, one removed (`moreAdministrators`)",
    happens: "each administrator is a resource by its object id; the order means nothing",
    stays: "the other administrators, every role and right",
    prepare: async ({ program: { sandbox } }) => {
      for (const { objectId, name } of [ONE, OTHER]) {
        if (!sandbox.directory.get(objectId)) sandbox.directory.add({ displayName: name, type: "group", objectId });
      }
    },
    steps: [
      { config: withAdministrators(ONE), check: isAdministrator("on-call-1", true) },
      { config: withAdministrators(OTHER, ONE), check: isAdministrator("on-call-2", true) },
      { config: withAdministrators(ONE, OTHER) },
      { config: withAdministrators(OTHER), check: isAdministrator("on-call-1", false) },
    ],
  },
  {
    change: "new name for an administrator of the same object id (`adminName`)",
    happens: "the preview refuses it with the order of steps (EP-SERVER-02)",
    stays: "everything",
    from: {
      ...BASE,
      adminObjectId: DEPLOYER.objectId,
      adminName: DEPLOYER.displayName,
      adminType: "ServicePrincipal",
    },
    steps: [
      {
        config: { ...BASE, adminObjectId: DEPLOYER.objectId, adminName: "renamed", adminType: "ServicePrincipal" },
        refused: "EP-SERVER-02",
        inPreview: true,
      },
    ],
  },
  {
    change: "extension added, taken out (`schemas[].extensions`)",
    happens: "it is created in schema public; taken out, nothing manages it any more",
    stays: "the extension and what uses it",
    steps: [
      {
        config: { apps: [ORDERS], schemas: [{ ...OWN_SCHEMA, extensions: ["pg_trgm"] }] },
        check: async (trial) => {
          assert.deepEqual(await trial.asIdentity("SELECT similarity('one', 'one')::int AS n"), [{ n: 1 }]);
        },
      },
    ],
  },
  {
    change: "`createSchemas` on and off",
    happens: "CREATE on the database is granted and revoked",
    stays: "everything else",
    steps: [
      {
        config: { apps: [ORDERS], schemas: [{ ...OWN_SCHEMA, createSchemas: true }] },
        check: (trial) => trial.asIdentity("CREATE SCHEMA IF NOT EXISTS orders").then(noop),
      },
    ],
  },
];

export const CHANGES: readonly Change[] = [...NAMES, ...MEMBERS, ...REMOVALS, ...SERVER];
