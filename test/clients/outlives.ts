import assert from "node:assert/strict";
import { findSecrets } from "../../tools/harness/leakScan.ts";
import { type ClientCommand, ClientWorld } from "./clientContext.ts";
import { until } from "./until.ts";

/** Seconds that a token lives in {@link outlivesItsTokens}. */
const LIFE = 4;

/** A pool of 5 keeps serving across five expiries, a restart of the server and a rebuilt VM, and never logs in with a token that has expired. */
export async function outlivesItsTokens(client: ClientCommand): Promise<void> {
  const world = await ClientWorld.open(LIFE);
  try {
    const serving = await world.serve(client, { POOL_SIZE: "5", POOL_MAX_LIFETIME_SECONDS: "1" });
    await until("two expiries", serving, () => world.expiries >= 2);
    await world.restart();
    await until("a third expiry, after the restart", serving, () => world.expiries >= 3);
    const before = world.logins;
    await world.rebuild();
    await until(
      "five expiries, and logins of the rebuilt VM",
      serving,
      () => world.expiries >= 5 && world.logins > before,
    );
    const { exitCode, output, totals } = await serving.stop();
    const all = JSON.stringify({ totals, logins: world.logins, expiries: world.expiries, refusals: world.refusals });
    assert.equal(totals.failed, 0, `${all}\n${output}`);
    assert.equal(exitCode, 0, output);
    assert.ok((totals.queries ?? 0) > 5 * 5, all);
    assert.ok(world.logins >= 5 * 5, `pools of 5, each connection anew in each life of a token: ${all}`);
    assert.ok((totals.connections ?? 0) <= world.logins, `every connection that was opened has logged in: ${all}`);
    assert.equal(expiredLogins(world), 0, `a login with an expired token: ${all}`);
    const seconds = new Set(world.tokens.map(({ iat }) => iat));
    assert.equal(seconds.size, world.tokens.length, "asked for a token again, by many at once, when one had come");
    assert.deepEqual(findSecrets(output, world.server.tokens), [], "a token was printed");
    // That none was counted means something only if one would have been.
    const [first] = world.tokens;
    await assert.rejects(world.server.connect("client-vm", first?.token ?? "", "app"), /has expired/);
    assert.equal(expiredLogins(world), 1, `not counted: ${world.refusals.at(-1)}`);
  } finally {
    await world.close();
  }
}

/** A token that lives long is asked for once, however many connections are made. */
export async function asksOncePerLife(client: ClientCommand): Promise<void> {
  const world = await ClientWorld.open(86_400);
  try {
    const serving = await world.serve(client, { POOL_SIZE: "5", POOL_MAX_LIFETIME_SECONDS: "1" });
    await until("fifteen logins", serving, () => world.logins >= 15);
    const { totals, output } = await serving.stop();
    assert.equal(totals.failed, 0, output);
    assert.ok(world.imds.requests <= 2, `${world.imds.requests} requests for ${world.logins} logins`);
    assert.ok((totals.connections ?? 0) > 5, `of ${world.logins} logins, only those that are open now: ${output}`);
  } finally {
    await world.close();
  }
}

function expiredLogins(world: ClientWorld): number {
  return world.refusals.filter((line) => /expired/.test(line)).length;
}
