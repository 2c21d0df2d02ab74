import assert from "node:assert/strict";
import type { Access } from "../engine/accessProgram/index.ts";
import { AccessStack } from "../engine/accessStack.ts";
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

/**
 * Each run changes all four grants of all 32 roles on one schema: through DatabaseAccess, or each as a resource of its own, which the
 * engine then makes side by side.
 */
export async function grantRounds(plain: boolean, rounds: number): Promise<GrantRounds> {
  const stack = await AccessStack.open("18");
  const wrong: string[] = [];
  try {
    await stack.server.server.createDatabase("shop");
    await stack.query(ROLES.map((role) => `CREATE ROLE ${role}`).join(";"));
    if (plain) {
      // As where the administrator itself owns what it gives rights on; other owners' make the provider take locks.
      stack.plain();
      await stack.query(`SET ROLE admin; CREATE SCHEMA orders; ${TABLES}`, "shop");
    } else {
      stack.configure([{ database: "shop", schema: "orders" }]);
      await stack.succeed("up");
      await stack.query(`SET ROLE shop_orders_migrator; ${TABLES}`, "shop");
    }
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
  const own = await grantRounds(false, rounds);
  const plain = await grantRounds(true, rounds);
  return {
    what: "32 roles times 4 grants on one schema, all changed by each `up`, through DatabaseAccess",
    tried: own.tried,
    asTheyShould: own.tried - own.wrong.length,
    notes: [
      `the plain way, each grant a resource of its own, beside it: ${plain.wrong.length} of ${plain.tried} runs went wrong`,
      ...new Set([...own.wrong, ...plain.wrong].map((line) => line.slice(0, 200)).slice(0, 3)),
    ],
  };
}
