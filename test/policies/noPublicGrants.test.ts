import assert from "node:assert/strict";
import { test } from "node:test";
import { noPublicGrants as rule } from "../../policies/rules/noPublicGrants.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const GRANT = "postgresql:index/grant:Grant";
const LATER = "postgresql:index/defaultPrivileges:DefaultPrivileges";
const judged = (type: string, props: Record<string, unknown>) => judge(rule, { type, name: "it", props });
const fine = { role: "shop_orders_reader", schema: "orders", privileges: ["SELECT"] };

test("a grant to everybody, or in the schema public, is refused; so are default privileges", () => {
  for (const type of [GRANT, LATER]) {
    assert.deepEqual(judged(type, fine), { violations: [] });
    assert.match(messages(judged(type, { ...fine, role: "public" })).join(), /^"it" grants to PUBLIC/);
    assert.match(messages(judged(type, { ...fine, role: "PUBLIC" })).join(), /^"it" grants to PUBLIC/);
    assert.match(messages(judged(type, { ...fine, schema: "public" })).join(), /^"it" grants in the schema public/);
    assert.equal(judged(type, { ...fine, role: "public", schema: "public" }).violations.length, 2);
  }
});

test("taking away what PostgreSQL gives everybody passes, and a grant on a database has no schema", () => {
  assert.deepEqual(judged(GRANT, { role: "public", objectType: "database", privileges: [] }), { violations: [] });
  assert.deepEqual(judged(LATER, { role: "public", objectType: "function", privileges: [] }), { violations: [] });
  assert.deepEqual(judged(GRANT, { role: "shop_orders_reader", privileges: ["CONNECT"] }), { violations: [] });
});

test("the schema public itself is nobody's", () => {
  const schema = "postgresql:index/schema:Schema";
  assert.equal(judged(schema, { name: "public" }).violations.length, 1);
  assert.deepEqual(judged(schema, { name: "orders" }), { violations: [] });
  assert.match(judged(schema, { name: UNKNOWN }).waits ?? "", /name of "it"/);
});

test("what is known is judged, what is not waits for up", () => {
  const half = judged(GRANT, { ...fine, role: UNKNOWN, schema: "public" });
  assert.match(messages(half).join(), /in the schema public/);
  assert.match(half.waits ?? "", /role of "it"/);
  assert.deepEqual(judged(GRANT, { role: UNKNOWN, privileges: [] }), { violations: [] });
});

test("other resources are not looked at", () => {
  const other = "postgresql:index/role:Role";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /grant/);
});
