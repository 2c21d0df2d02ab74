import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentTag as rule } from "../../policies/rules/environmentTag.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (tags: unknown, config = {}) => judge(rule, { type, name: "db", props: { tags } }, config);

test("a tag that says something else than the configuration is refused, whichever is the stricter", () => {
  for (const [tag, environment] of [
    ["dev", "prod"],
    ["prod", "dev"],
    ["staging", "test"],
    ["Prod", "prod"],
  ]) {
    assert.deepEqual(messages(server({ environment: tag }, { environment })), [
      `"db" has the tag environment: ${tag}; the stack is judged as ${environment}.`,
    ]);
  }
});

test("a tag that says the same passes, in any case of its name; without a configuration that is prod", () => {
  for (const environment of ["dev", "test", "prod"]) {
    assert.deepEqual(server({ Environment: environment }, { environment }), { violations: [] });
  }
  assert.deepEqual(server({ environment: "prod" }), { violations: [] });
  assert.equal(server({ environment: "dev" }).violations.length, 1);
});

test("a tag that is not there is the rule required-tags' to find", () => {
  for (const tags of [undefined, {}, { project: "shop" }, { environment: "" }]) {
    assert.deepEqual(server(tags), { violations: [] });
  }
});

test("what is unknown waits for up, other tags do not", () => {
  assert.match(server({ environment: UNKNOWN }).waits ?? "", /tags\.environment of "db"/);
  assert.match(server(UNKNOWN_OBJECT).waits ?? "", /tags of "db"/);
  assert.deepEqual(server({ environment: "prod", cost: UNKNOWN }), { violations: [] });
});

test("resources without tags are not looked at", () => {
  const other = "azure-native:dbforpostgresql:FirewallRule";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /flexible server/);
});
