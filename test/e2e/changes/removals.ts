import assert from "node:assert/strict";
import { ERROR_TABLE } from "../../../components/errors/errorTable.ts";
import { BASE, type Change, withSchemas } from "./change.ts";
import type { Config, Trial } from "./trial.ts";

/** A schema in a database of its own. */
const depot = (onDelete: string): Config => withSchemas({ name: "spare", database: "depot", onDelete });

/** A table of another schema, made by its migrator. */
const fill = async (trial: Trial, schema: string, database = "app"): Promise<void> => {
  const migrator = `${database}_${schema}_migrator`;
  await trial.asService(`SET ROLE ${migrator}; CREATE TABLE ${schema}.filled AS SELECT 7 AS n`, database);
};
const fillOutside = async (trial: Trial): Promise<void> => {
  await trial.asService("CREATE TABLE public.elsewhere AS SELECT 7 AS n", "depot");
};
const drop = async (trial: Trial, table: string, database: string): Promise<void> => {
  await trial.asService(`DROP TABLE ${table}`, database);
};
const seven = (table: string, database: string) => async (trial: Trial) =>
  assert.deepEqual(await trial.asService(`SELECT n FROM ${table}`, database), [{ n: 7 }]);

/** Which of the schemas still have their four roles. */
async function schemasWithRoles(trial: Trial): Promise<string[]> {
  const rows = await trial.asService(
    `SELECT split_part(rolname, '_', 2) AS schema FROM pg_roles
      WHERE rolname ~ '^app_(refused|dropped|kept)_' GROUP BY 1 HAVING count(*) = 4 ORDER BY 1`,
  );
  return rows.map(({ schema }) => String(schema));
}

/** The command of the error's remedy, filled in from what `up` printed. */
async function importDepot({ program, printed }: Trial): Promise<void> {
  const id = /cannot create already existing resource '([^']+)'/.exec(printed)?.[1] ?? "";
  const server = (await program.resources()).find(({ type }) => type === "entra-postgres:index:EntraPostgresServer");
  const filled = ERROR_TABLE["EP-SERVER-12"].next
    .replace("<name>", "depot")
    .replace("<id in the error>", id)
    .replace("<URN of EntraPostgresServer>", server?.urn ?? "");
  const [command, ...args] = filled.split(" ");
  assert.equal(command, "pulumi");
  await program.succeed([...args, "--yes", "--skip-preview", "--generate-code=false"]);
}

const EMPTY = withSchemas(
  { name: "refused", onDelete: "refuse" },
  { name: "dropped", onDelete: "drop" },
  { name: "kept", onDelete: "retain" },
);
const FILLED = withSchemas({ name: "dropped", onDelete: "drop" }, { name: "kept", onDelete: "retain" });
const REFUSED = { happens: "refused before anything changes (EP-ACCESS-05)", stays: "everything" };

/** Schemas and databases go, with and without content. */
export const REMOVALS: readonly Change[] = [
  {
    rows: [
      {
        change: "empty schema removed, `onDelete: refuse`",
        happens: "the schema and its roles are dropped",
        stays: "nothing was in it",
      },
      {
        change: "empty schema removed, `onDelete: drop`",
        happens: "the schema and its roles are dropped",
        stays: "nothing was in it",
      },
      {
        change: "empty schema removed, `onDelete: retain`",
        happens: "nothing manages it any more",
        stays: "the schema and its roles; a schema of the same name adopts them",
      },
    ],
    from: EMPTY,
    steps: [
      { config: BASE, check: async (trial) => assert.deepEqual(await schemasWithRoles(trial), ["kept"]) },
      {
        config: EMPTY,
        check: async (trial) => assert.deepEqual(await schemasWithRoles(trial), ["dropped", "kept", "refused"]),
      },
    ],
  },
  {
    rows: [
      {
        change: "schema with tables removed, `onDelete: drop`",
        happens: "the schema, its tables and its roles are dropped",
        stays: "the other schemas",
      },
      {
        change: "schema with tables removed, `onDelete: retain`",
        happens: "nothing manages it any more",
        stays: "the schema, its tables and its roles; a schema of the same name adopts them",
      },
    ],
    from: FILLED,
    prepare: async (trial) => {
      await fill(trial, "dropped");
      await fill(trial, "kept");
    },
    steps: [
      {
        config: BASE,
        check: async (trial) => {
          assert.deepEqual(await schemasWithRoles(trial), ["kept"]);
          await seven("kept.filled", "app")(trial);
        },
      },
      { config: FILLED, check: seven("kept.filled", "app") },
    ],
    restore: (trial) => drop(trial, "kept.filled", "app"),
  },
  {
    rows: [
      { change: "schema with tables removed, `onDelete: refuse`", ...REFUSED },
      { change: "last schema of a database with tables outside it removed, `onDelete: refuse`", ...REFUSED },
      { change: "last schema of a database with tables outside it removed, `onDelete: drop`", ...REFUSED },
    ],
    from: depot("refuse"),
    prepare: (trial) => fill(trial, "spare", "depot"),
    steps: [
      { config: BASE, refused: "EP-ACCESS-05", check: seven("spare.filled", "depot") },
      {
        before: async (trial) => {
          await drop(trial, "spare.filled", "depot");
          await fillOutside(trial);
        },
        config: BASE,
        refused: "EP-ACCESS-05",
        check: seven("public.elsewhere", "depot"),
      },
      { config: depot("drop") },
      { config: BASE, refused: "EP-ACCESS-05", check: seven("public.elsewhere", "depot") },
    ],
    restore: (trial) => drop(trial, "public.elsewhere", "depot"),
  },
  {
    rows: [
      {
        change: "last schema of a database removed, `onDelete: retain`",
        happens: "nothing manages the schema and the database any more",
        stays: "the database with every row",
      },
      {
        change: "database that `onDelete: retain` kept configured again",
        happens:
          "refused (EP-SERVER-12); after the `pulumi import` of its remedy, `up` adopts database, schema and roles",
        stays: "the database with every row",
      },
    ],
    from: depot("retain"),
    prepare: async (trial) => {
      await fill(trial, "spare", "depot");
      await fillOutside(trial);
    },
    steps: [
      {
        config: BASE,
        check: async (trial) => {
          await seven("spare.filled", "depot")(trial);
          await seven("public.elsewhere", "depot")(trial);
        },
      },
      { config: depot("retain"), refused: "EP-SERVER-12" },
      {
        before: importDepot,
        config: depot("retain"),
        check: async (trial) => {
          await seven("spare.filled", "depot")(trial);
          await seven("public.elsewhere", "depot")(trial);
        },
      },
    ],
  },
];
