import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { databaseToken, entraPool, settings } from "./entraPool.ts";
import { awaitsRole, explain, mayPass, words } from "./refusals.ts";

/** Seconds for which a query is tried again. */
const PATIENCE = 30;

/** The article's lines. */
async function connect(): Promise<number> {
  const where = settings();
  const token = databaseToken(where);
  console.log("Getting access token from Azure AD...");
  await token();
  console.log("Opening connection using access token...");
  const pool = entraPool(where, 1, 1800, token);
  const { rows } = await pool.query("SELECT version() AS version");
  console.log(`Connected!\nPostgres version: ${rows[0]?.version}`);
  await pool.end();
  return 0;
}

/** Queries until standard input ends or SIGTERM comes, as a web application would, and prints how it went. */
async function serve(): Promise<number> {
  const { POOL_SIZE = "5", POOL_MAX_LIFETIME_SECONDS = "1800" } = process.env;
  const size = Number(POOL_SIZE);
  const pool = entraPool(settings(), size, Number(POOL_MAX_LIFETIME_SECONDS));
  const totals = { queries: 0, retried: 0, failed: 0, connections: 0 };
  pool.on("connect", () => {
    totals.connections += 1;
  });
  let ending = false;
  const end = () => {
    ending = true;
  };
  process.stdin.resume().on("end", end);
  process.on("SIGTERM", end);
  const work = async () => {
    while (!ending) {
      await query(pool, totals);
      await sleep(50);
    }
  };
  await firstLogin(pool, () => ending);
  if (!ending) console.log("serving");
  await Promise.all(Array.from({ length: size }, work));
  await pool.end();
  console.log(JSON.stringify(totals));
  return totals.failed === 0 ? 0 : 1;
}

/** Waits until the role can log in: a VM's service is there before its role is. */
async function firstLogin(pool: pg.Pool, ending: () => boolean): Promise<void> {
  const until = Date.now() + PATIENCE * 1000;
  for (let pause = 500, said = false; !ending(); pause = Math.min(pause * 2, 5000)) {
    try {
      await pool.query("SELECT current_user");
      return;
    } catch (error) {
      const waiting = awaitsRole(error);
      if (!waiting && (!mayPass(error) || Date.now() > until)) throw error;
      if (waiting && !said) console.error(`waiting for role ${process.env.PGUSER}: ${words(error)}`);
      said ||= waiting;
    }
    await sleep(pause);
  }
}

/** One query, again on another connection when the first one broke. Only what can be done twice may be tried twice. */
async function query(pool: pg.Pool, totals: { queries: number; retried: number; failed: number }): Promise<void> {
  const until = Date.now() + PATIENCE * 1000;
  totals.queries += 1;
  for (let pause = 100, again = false; ; pause = Math.min(pause * 2, 2000), again = true) {
    try {
      await pool.query("SELECT current_user");
      totals.retried += again ? 1 : 0;
      return;
    } catch (error) {
      if (!mayPass(error) || Date.now() > until) {
        totals.failed += 1;
        console.error(explain(error));
        return;
      }
      await sleep(pause);
    }
  }
}

try {
  process.exitCode = process.argv[2] === "serve" ? await serve() : await connect();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
process.stdin.pause();
