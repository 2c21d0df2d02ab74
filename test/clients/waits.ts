import assert from "node:assert/strict";
import { type ClientCommand, ClientContext } from "./clientContext.ts";

/** A client that starts before its role exists says once what it waits for, and serves once it can log in. */
export async function waitsForItsRole(client: ClientCommand): Promise<void> {
  const context = await ClientContext.open(86_400, "missing");
  try {
    const serving = context.start(client);
    const refused = (by: RegExp) => context.refusals.filter((line) => by.test(line)).length;
    await serving.until("three refused logins", () => refused(/password authentication failed/) >= 3);
    assert.match(serving.output, /waiting for role client-vm: .*password authentication failed/);
    // A rebuilt VM runs before its role is bound to its new identity.
    const old = context.server.directory.add({ displayName: "the VM before", type: "service" });
    await context.createRole(old);
    await serving.until("a login as another identity", () => refused(/oid mismatch/) >= 1);
    // The role exists a moment before it has its rights.
    await context.administer("REVOKE CONNECT ON DATABASE app FROM PUBLIC", "app");
    await context.bindRole(context.identity);
    const log = () => context.server.postgresLog();
    await serving.until("a login without CONNECT", () => /permission denied for database/.test(log()));
    assert.ok(!serving.printed("serving"), serving.output);
    await context.administer("GRANT CONNECT ON DATABASE app TO PUBLIC", "app");
    await serving.until("it serves", () => serving.printed("serving"));
    const { exitCode, output, totals } = await serving.stop();
    assert.equal(exitCode, 0, output);
    assert.equal(totals.failed, 0, output);
    assert.equal(output.match(/waiting for/g)?.length, 1, output);
  } finally {
    await context.close();
  }
}
