import assert from "node:assert/strict";
import { test } from "node:test";
import { noAdminPrincipal as rule } from "../../policies/rules/noAdminPrincipal.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const principal = "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal";
const label = "postgresql:index/securityLabel:SecurityLabel";

test("a principal that is an administrator is refused", () => {
  assert.match(messages(judge(rule, { type: principal, props: { isAdmin: true } })).join(), /isAdmin must be false/);
  for (const props of [{ isAdmin: false }, {}]) {
    assert.deepEqual(judge(rule, { type: principal, props }), { violations: [] });
  }
});

test("so is a security label that says admin, and no other", () => {
  const told = (text: unknown, labelProvider: unknown = "pgaadauth") =>
    judge(rule, { type: label, props: { labelProvider, label: text } });
  for (const text of ["aadauth,oid=1,type=service,admin", "aadauth, oid=1, type=service, Admin"]) {
    assert.match(messages(told(text)).join(), /take the word admin out/);
  }
  for (const text of ["aadauth,oid=1,type=service", "aadauth,oid=administrator,type=service"]) {
    assert.deepEqual(told(text), { violations: [] });
  }
  assert.deepEqual(told("admin", "selinux"), { violations: [] });
  assert.match(told(UNKNOWN).waits ?? "", /label of "it"/);
  assert.deepEqual(told(UNKNOWN, "selinux"), { violations: [] });
});

test("an unknown isAdmin waits for up", () => {
  const judged = judge(rule, { type: principal, name: "orders", props: { isAdmin: UNKNOWN } });
  assert.deepEqual(judged.violations, []);
  assert.match(judged.waits ?? "", /isAdmin of "orders"/);
});

test("other dynamic resources are not looked at", () => {
  for (const type of ["pulumi-nodejs:dynamic/entra-postgres:AccessGuard", "pulumi-nodejs:dynamic:Resource"]) {
    assert.match(judge(rule, { type, props: UNTOUCHABLE }).notApplicable ?? "", /principal/);
  }
});
