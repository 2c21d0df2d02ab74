import assert from "node:assert/strict";
import { AccessStack } from "../harness/accessStack.ts";
import type { Access, Way } from "../harness/programs/accessProgram/index.ts";
import type { Measure } from "./report.ts";

const ROLES = Array.from({ length: 32 }, (_, at) => `role_${at}`);

/** Four grants for each role: what they are in one run, and in the next. */
const GRANTS: { objectType: string; objects?: string[]; choices: [string[], string[]] }[] = [
  { objectType: "schema", choices: [["USAGE"], ["USAGE", "CREATE"]] },
  { objectType: "table", objects: ["item"], choices: [["SELECT"], ["SELECT", "INSERT"]] },
  { objectType: "table", objects: ["bill"], choices: [["SELECT"], ["SELECT", "UPDATE"]] },
  { objectType: "sequence", choices: [["USAGE"], ["USAGE", "SELECT"]] },
];

const TABLES = "CREATE TABLE orders.item (n int); CREATE TABLE orders.bill (n int); CREATE SEQUENCE orders.ids";

/** How `up` gave 128 grants on one schema, over and over. */
export interface GrantRounds {
  tried: number;
  /** What the user saw, or what was not granted, for each run that went wrong. */
  wrong: string[];
}

/** Whose the schema and its tables are: of others the provider makes itself a member for each grant, and takes locks. */
type Owner = "the administrator" | "group roles";

/**
 * Each run changes all four grants of all 32 roles on one schema. A schema of group roles is as SchemaAccess creates it, whichever way the
 * grants are made.
 */
export async function grantRounds(way: Way, owner: Owner, rounds: number): Promise<GrantRounds> {
  const stack = await AccessStack.open("18");
  const wrong: string[] = [];
  try {
    await stack.server.server.createDatabase("shop");
    await stack.query(ROLES.map((role) => `CREATE ROLE ${role}`).join(";"));
    await makeSchema(stack, way, owner);
    for (let round = 0; round < rounds; round += 1) {
      const grants = grantsOf(round);
      stack.configure([{ database: "shop", schema: "orders", grants }]);
      const { exitCode, text } = await stack.run("up");
      const errors = text.split("\n").filter((line) => /^\s*error: /.test(line) && !line.includes("update failed"));
      if (exitCode !== 0) {
        wrong.push(errors[0]?.trim() ?? text);
      } else {
        await requireGranted(stack, round).catch((error: Error) => wrong.push(error.message));
      }
    }
    return { tried: rounds, wrong };
  } finally {
    await stack.close();
  }
}

async function makeSchema(stack: AccessStack, way: Way, owner: Owner): Promise<void> {
  if (way !== "access") {
    stack.without();
  }
  if (way === "access") {
    stack.configure([{ database: "shop", schema: "orders" }]);
    await stack.succeed("up");
  } else if (owner === "group roles") {
    const made = "CREATE ROLE shop_orders_owner; CREATE ROLE shop_orders_migrator";
    await stack.server.query("admin", stack.server.admin, made);
    await stack.query(
      "CREATE SCHEMA orders AUTHORIZATION shop_orders_owner; GRANT USAGE, CREATE ON SCHEMA orders TO shop_orders_migrator",
      "shop",
    );
  }
  const maker = owner === "group roles" ? "shop_orders_migrator" : "admin";
  const schema = owner === "group roles" ? "" : "CREATE SCHEMA orders;";
  await stack.query(`SET ROLE ${maker}; ${schema} ${TABLES}`, "shop");
}

function grantsOf(round: number): NonNullable<Access["grants"]> {
  return ROLES.flatMap((role) =>
    GRANTS.map(({ choices, ...target }) => ({ role, ...target, privileges: choices[round % 2] ?? [] })),
  );
}

/** @throws AssertionError when a role has another number of privileges on anything of the schema than was said */
async function requireGranted(stack: AccessStack, round: number): Promise<void> {
  const expected = GRANTS.reduce((sum, { choices }) => sum + (choices[round % 2]?.length ?? 0), 0);
  const rows = await stack.query(
    `SELECT grantee::regrole::text AS role, count(*)::int AS privileges FROM (
       SELECT (aclexplode(nspacl)).* FROM pg_namespace WHERE nspname = 'orders'
       UNION ALL SELECT (aclexplode(relacl)).* FROM pg_class WHERE relnamespace = 'orders'::regnamespace) AS acl
     WHERE grantee::regrole::text LIKE 'role\\_%' GROUP BY 1`,
    "shop",
  );
  assert.deepEqual(
    Object.fromEntries(rows.map(({ role, privileges }) => [role, privileges])),
    Object.fromEntries(ROLES.map((role) => [role, expected])),
  );
}

/** The whole of it, as a measure of `make faults`: 50 runs each way. */
export async function measureGrants(): Promise<Omit<Measure, "name">> {
  const rounds = 50;
  const access = await grantRounds("access", "group roles", rounds);
  const control = await grantRounds("side by side", "the administrator", rounds);
  const locking = await grantRounds("side by side", "group roles", rounds);
  const all = [access, control, locking].flatMap(({ wrong }) => wrong);
  return {
    what: "32 roles times 4 grants on one schema, all changed by each `up`, through SchemaAccess",
    tried: access.tried,
    asTheyShould: access.tried - access.wrong.length,
    notes: [
      `each grant a resource of its own, side by side on a schema of the administrator: ${control.wrong.length} of ${control.tried} runs went wrong`,
      `side by side on a schema of group roles, where the provider takes locks as it makes itself a member of the owners: ${locking.wrong.length} of ${locking.tried}`,
      ...new Set(all.map((line) => line.slice(0, 200)).slice(0, 3)),
    ],
  };
}
