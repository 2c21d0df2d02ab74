import assert from "node:assert/strict";
import { findSecrets } from "../harness/leakScan.ts";
import { type ClientCommand, ClientContext, type ServingClient } from "./clientContext.ts";

/** Seconds of their life that the client is told: after them it must ask for another token. */
const TOLD = 4;
/** Seconds that the server accepts a token. They never pass by themselves: {@link moveClock} moves the server's clock. */
const ACCEPTED = 600;
/** Seconds by which the clock moves: a token expires at the second move after it was given. */
const MOVE = 360;
/** Logins of the client after which none that began before them is still on its way: twice the size of its pool. */
const LOGINS = 10;
/** Logins within which the client must have asked for another token: it makes far fewer in {@link TOLD} seconds. */
const LOGINS_OF_ONE_TOKEN = 200;

/** A pool of 5 keeps serving across five expiries, a restart of the server and a rebuilt VM, and never logs in with an expired token. */
export async function outlivesItsTokens(client: ClientCommand): Promise<void> {
  const context = await ClientContext.open(TOLD);
  const { issuer } = context.server;
  issuer.override = {
    get exp() {
      return Math.floor(issuer.now() / 1000) + ACCEPTED;
    },
  };
  try {
    const serving = await context.serve(client, { POOL_SIZE: "5", POOL_MAX_LIFETIME_SECONDS: "1" });
    for (let move = 1; move <= 6; move++) {
      if (move === 4) await context.server.server.restart();
      if (move === 5) await context.rebuild();
      await moveClock(context, serving);
    }
    const { exitCode, output, totals } = await serving.stop();
    const all = JSON.stringify({ totals, logins: context.logins, refusals: context.refusals });
    assert.equal(totals.failed, 0, `${all}\n${output}`);
    assert.equal(exitCode, 0, output);
    assert.ok((totals.queries ?? 0) > 5 * 5, all);
    assert.ok(context.logins >= 5 * 5, `too few logins for 5 connections and 5 expiries: ${all}`);
    assert.ok((totals.connections ?? 0) <= context.logins, `more connections than logins: ${all}`);
    assert.equal(expiredLogins(context), 0, `a login with an expired token: ${all}`);
    const seconds = new Set(context.tokens.map(({ iat }) => iat));
    assert.equal(seconds.size, context.tokens.length, "several requests for a token within one second");
    assert.deepEqual(findSecrets(output, context.server.tokens), [], "a token was printed");
    // A login with an expired token is counted: otherwise the count of 0 above shows nothing.
    const [first] = context.tokens;
    await assert.rejects(context.server.connect("client-vm", first?.token ?? "", "app"), /has expired/);
    assert.equal(expiredLogins(context), 1, `not counted: ${context.refusals.at(-1)}`);
  } finally {
    await context.close();
  }
}

/**
 * Moves the server's clock once the client has requested a newer token and logged in with it. So a correct client never uses an expired
 * token, however slow the machine is.
 */
async function moveClock(context: ClientContext, serving: ServingClient): Promise<void> {
  const { issuer } = context.server;
  const [tokens, logins] = [context.tokens.length, context.logins];
  await serving.until("a newer token", () => {
    assert.ok(context.logins - logins < LOGINS_OF_ONE_TOKEN, "the client requests no token when its last one expires");
    return context.tokens.length > tokens;
  });
  const before = context.logins;
  await serving.until("logins with the newer token", () => context.logins >= before + LOGINS);
  const now = issuer.now;
  issuer.now = () => now() + MOVE * 1000;
}

/** A client requests a token of a day once, however many connections it opens. */
export async function asksOncePerLife(client: ClientCommand): Promise<void> {
  const context = await ClientContext.open(86_400);
  try {
    const serving = await context.serve(client, { POOL_SIZE: "5", POOL_MAX_LIFETIME_SECONDS: "1" });
    await serving.until("fifteen logins", () => context.logins >= 15);
    const { totals, output } = await serving.stop();
    assert.equal(totals.failed, 0, output);
    assert.ok(context.imds.requests <= 2, `${context.imds.requests} requests for ${context.logins} logins`);
    assert.ok((totals.connections ?? 0) > 5, `fewer connections than logins: ${context.logins}\n${output}`);
  } finally {
    await context.close();
  }
}

function expiredLogins(context: ClientContext): number {
  return context.refusals.filter((line) => /expired/.test(line)).length;
}
