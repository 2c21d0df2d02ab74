import assert from "node:assert/strict";
import { test } from "node:test";
import { postgresqlProvider as rule } from "../../policies/rules/postgresqlProvider.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const provider = (props: Record<string, unknown>) =>
  judge(rule, { type: "pulumi:providers:postgresql", name: "admin", props });
const good = { azureIdentityAuth: "true", sslmode: "verify-full" };

test("a token over verified TLS passes, as the engine writes it and as a program does", () => {
  assert.deepEqual(provider(good), { violations: [] });
  assert.deepEqual(provider({ azureIdentityAuth: true, sslMode: "verify-full" }), { violations: [] });
});

test("each fault is named, and the default provider has two", () => {
  const told = (props: Record<string, unknown>) => messages(provider(props)).join("\n");
  for (const value of ["false", false, undefined]) {
    assert.match(told({ ...good, azureIdentityAuth: value }), /^"admin" does not log in with an Entra token.*$/);
  }
  for (const value of ["require", "verify-ca", "disable", undefined]) {
    assert.match(told({ ...good, sslmode: value }), /^"admin" does not verify the server.*$/);
  }
  assert.match(told({ ...good, password: "secret" }), /^"admin" has a password: leave it out\.$/);
  assert.equal(provider({}).violations.length, 2);
});

test("what is known is judged, what is not waits for up", () => {
  const half = provider({ ...good, sslmode: "require", password: UNKNOWN });
  assert.match(messages(half).join(), /does not verify/);
  assert.match(half.waits ?? "", /password of "admin" \(pulumi:providers:postgresql\)/);
});

test("other providers are not looked at", () => {
  for (const type of ["pulumi:providers:azure-native", "pulumi:providers:postgresql2"]) {
    assert.match(judge(rule, { type, props: UNTOUCHABLE }).notApplicable ?? "", /provider/);
  }
});
