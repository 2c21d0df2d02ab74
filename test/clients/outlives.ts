import assert from "node:assert/strict";
import { findSecrets } from "../harness/leakScan.ts";
import { type ClientCommand, ClientContext } from "./clientContext.ts";
import { until } from "./until.ts";

/**
 * Seconds that tokens live in {@link outlivesItsTokens}. A client keeps a tenth of that as its margin for a login, and a busy
 * machine can need longer for one: then the lives are longer. A client that does not mind expiry fails with each of them.
 */
const LIVES = [4, 20, 100];

/** A pool of 5 keeps serving across five expiries, a restart of the server and a rebuilt VM, and never logs in with a token that has expired. */
export async function outlivesItsTokens(client: ClientCommand): Promise<void> {
  for (const [at, life] of LIVES.entries()) {
    try {
      return await outlives(client, life);
    } catch (error) {
      if (at === LIVES.length - 1) throw error;
    }
  }
}

async function outlives(client: ClientCommand, life: number): Promise<void> {
  const context = await ClientContext.open(life);
  try {
    const serving = await context.serve(client, { POOL_SIZE: "5", POOL_MAX_LIFETIME_SECONDS: "1" });
    await until("two expiries", serving, () => context.expiries >= 2);
    await context.restart();
    await until("a third expiry, after the restart", serving, () => context.expiries >= 3);
    const before = context.logins;
    await context.rebuild();
    await until(
      "five expiries, and logins of the rebuilt VM",
      serving,
      () => context.expiries >= 5 && context.logins > before,
    );
    const { exitCode, output, totals } = await serving.stop();
    const all = JSON.stringify({
      totals,
      logins: context.logins,
      expiries: context.expiries,
      refusals: context.refusals,
    });
    assert.equal(totals.failed, 0, `${all}\n${output}`);
    assert.equal(exitCode, 0, output);
    assert.ok((totals.queries ?? 0) > 5 * 5, all);
    assert.ok(context.logins >= 5 * 5, `pools of 5, each connection anew in each life of a token: ${all}`);
    assert.ok((totals.connections ?? 0) <= context.logins, `every connection that was opened has logged in: ${all}`);
    assert.equal(expiredLogins(context), 0, `a login with an expired token: ${all}`);
    const seconds = new Set(context.tokens.map(({ iat }) => iat));
    assert.equal(seconds.size, context.tokens.length, "asked for a token again, by many at once, when one had come");
    assert.deepEqual(findSecrets(output, context.server.tokens), [], "a token was printed");
    // That none was counted means something only if one would have been.
    const [first] = context.tokens;
    await assert.rejects(context.server.connect("client-vm", first?.token ?? "", "app"), /has expired/);
    assert.equal(expiredLogins(context), 1, `not counted: ${context.refusals.at(-1)}`);
  } finally {
    await context.close();
  }
}

/** A token that lives long is asked for once, however many connections are made. */
export async function asksOncePerLife(client: ClientCommand): Promise<void> {
  const context = await ClientContext.open(86_400);
  try {
    const serving = await context.serve(client, { POOL_SIZE: "5", POOL_MAX_LIFETIME_SECONDS: "1" });
    await until("fifteen logins", serving, () => context.logins >= 15);
    const { totals, output } = await serving.stop();
    assert.equal(totals.failed, 0, output);
    assert.ok(context.imds.requests <= 2, `${context.imds.requests} requests for ${context.logins} logins`);
    assert.ok((totals.connections ?? 0) > 5, `of ${context.logins} logins, only those that are open now: ${output}`);
  } finally {
    await context.close();
  }
}

function expiredLogins(context: ClientContext): number {
  return context.refusals.filter((line) => /expired/.test(line)).length;
}
