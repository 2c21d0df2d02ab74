import assert from "node:assert/strict";
import { test } from "node:test";
import { roleNameLength as rule } from "../../policies/rules/roleNameLength.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const principal = (roleName: unknown) =>
  judge(rule, { type: "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal", name: "app", props: { roleName } });
const role = (name: unknown) => judge(rule, { type: "postgresql:index/role:Role", name: "app", props: { name } });

test("63 bytes pass, 64 do not, and letters beyond ASCII have more than one", () => {
  for (const named of [principal, role]) {
    assert.deepEqual(named("x".repeat(63)), { violations: [] });
    assert.deepEqual(messages(named("x".repeat(64))), ['"app" names a role with 64 bytes; at most 63 are kept.']);
    assert.deepEqual(named("é".repeat(31)), { violations: [] });
    assert.match(messages(named("é".repeat(32))).join(), /64 bytes/);
    assert.match(messages(named("𝓍".repeat(16))).join(), /64 bytes/);
    assert.deepEqual(named(undefined), { violations: [] });
  }
});

test("an unknown name waits for up", () => {
  assert.deepEqual(principal(UNKNOWN).violations, []);
  assert.match(principal(UNKNOWN).waits ?? "", /roleName of "app"/);
  assert.match(role(UNKNOWN).waits ?? "", /name of "app"/);
});

test("other resources are not looked at", () => {
  const other = "postgresql:index/database:Database";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /role/);
});
