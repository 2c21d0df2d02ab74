import assert from "node:assert/strict";
import { test } from "node:test";
import { roleWithoutPassword as rule } from "../../policies/rules/roleWithoutPassword.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const role = (props: Record<string, unknown>) =>
  judge(rule, { type: "postgresql:index/role:Role", name: "app", props });

test("a password is refused, in either property, without a word of it", () => {
  for (const property of ["password", "passwordWo"]) {
    assert.deepEqual(messages(role({ [property]: "secret" })), [`"app" has a password: leave ${property} out.`]);
    assert.match(role({ [property]: UNKNOWN }).waits ?? "", new RegExp(`${property} of "app"`));
  }
  for (const none of [{}, { password: "" }]) assert.deepEqual(role(none), { violations: [] });
});

test("what is known is judged beside what waits for up", () => {
  const half = role({ password: UNKNOWN, passwordWo: "secret" });
  assert.equal(half.violations.length, 1);
  assert.match(half.waits ?? "", /password of "app"/);
});

test("other resources are not looked at", () => {
  const other = "random:index/randomPassword:RandomPassword";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /role/);
});
