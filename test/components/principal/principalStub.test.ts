import assert from "node:assert/strict";
import { test } from "node:test";
import { inputsOf, recordResources, resolved, settled } from "../../harness/mocks.ts";

test("what the engine stores of the provider is a stub without project code, paths or secrets", async () => {
  const registered = await recordResources();
  const { EntraPrincipal } = await import("entra-postgres");
  const role = new EntraPrincipal("app", {
    host: "db.example",
    adminUser: "admin@example.com",
    roleName: "orders",
    objectId: "aaaaaaaa-0000-0000-0000-000000000001",
  });
  await resolved(role.urn);
  await settled(role);
  const [inputs] = inputsOf(registered, "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal");
  const { __provider: text, ...rest } = inputs as { __provider: string };
  assert.ok(text.length < 4000, `the stub has ${text.length} characters`);
  assert.match(text, /entra-postgres\/principal-runtime/);
  assert.doesNotMatch(text, /node_modules|\/home\/|pgaadauth|getToken/);
  assert.deepEqual(rest, {
    host: "db.example",
    port: 5432,
    database: "postgres",
    adminUser: "admin@example.com",
    roleName: "orders",
    objectId: "aaaaaaaa-0000-0000-0000-000000000001",
    principalType: "service",
    isAdmin: false,
    isMfa: false,
    bindBy: "name",
    onConflict: "refuse",
    canLogin: true,
    onDelete: "refuse",
    waitSeconds: 180,
    deadlineSeconds: 300,
    owner: "urn:pulumi:test::entra-postgres::pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal::app",
  });
});
