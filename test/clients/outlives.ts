import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { findSecrets } from "../engine/leakScan.ts";
import { type ClientCommand, ClientWorld, type ServingClient } from "./clientWorld.ts";

/** Seconds that a token lives in {@link outlivesItsTokens}. */
const LIFE = 4;
/** Seconds after which a condition that never comes fails the test. */
const LIMIT_SECONDS = 120;

async function until(what: string, serving: ServingClient, holds: () => boolean): Promise<void> {
  const limit = Date.now() + LIMIT_SECONDS * 1000;
  while (!holds()) {
    serving.requireAlive();
    assert.ok(Date.now() < limit, `never: ${what}`);
    await delay(100);
  }
}

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
    assert.deepEqual(
      world.refusals.filter((line) => /expired/.test(line)),
      [],
      "a login with an expired token",
    );
    assert.deepEqual(findSecrets(output, world.server.tokens), [], "a token was printed");
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
  } finally {
    await world.close();
  }
}

/** The usual refusals, each with what is to be done, without a stack and without a token. */
export async function explainsRefusals(client: ClientCommand): Promise<void> {
  const world = await ClientWorld.open(86_400);
  const refused = async (env: NodeJS.ProcessEnv, remedy: RegExp) => {
    const { exitCode, output } = await world.run(client, env);
    assert.notEqual(exitCode, 0, output);
    assert.match(output, remedy);
    assert.doesNotMatch(output, /^\s+at .*:\d+|Traceback|Exception in thread/m);
    assert.deepEqual(findSecrets(output, world.server.tokens), []);
  };
  try {
    const { exitCode, output } = await world.run(client);
    assert.equal(exitCode, 0, output);
    assert.match(output, /Connected!\nPostgres version: PostgreSQL 18/);
    await refused({ PGUSER: "Client-VM" }, /PGUSER/);
    await refused({ PGSSLROOTCERT: "/etc/ssl/certs/ca-certificates.crt" }, /PGSSLROOTCERT/);
    await refused({ AZURE_CLIENT_ID: "00000000-0000-0000-0000-000000000000" }, /AZURE_CLIENT_ID/);
    await refused({ PGHOST: "", PGUSER: "" }, /PGHOST, PGUSER[\s\S]*pulumi stack output connections/);
    await refused({ PGDATABASE: "nowhere" }, /PGDATABASE/);
    world.server.directory.remove(world.identity.objectId);
    world.identity = world.server.directory.add({
      displayName: "client-vm",
      type: "service",
      clientId: world.identity.clientId ?? "",
    });
    await refused({}, /pulumi up --refresh/);
  } finally {
    await world.close();
  }
}
