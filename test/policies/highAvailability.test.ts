import assert from "node:assert/strict";
import { test } from "node:test";
import { highAvailability as rule } from "../../policies/rules/highAvailability.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (highAvailability: unknown, tags: unknown, config = {}) =>
  judge(rule, { type, name: "db", props: { highAvailability, tags } }, config);
const prod = { environment: "prod" };

test("prod needs a standby in another zone, dev and test do not", () => {
  for (const given of [undefined, {}, { mode: "Disabled" }, { mode: "SameZone" }]) {
    assert.match(messages(server(given, prod)).join(), /^"db" has no standby.*ZoneRedundant\.$/);
    for (const environment of ["dev", "test"]) assert.deepEqual(server(given, { environment }), { violations: [] });
  }
  assert.deepEqual(server({ mode: "ZoneRedundant" }, prod), { violations: [] });
});

test("environments and modes are configurable", () => {
  assert.equal(server({}, { environment: "test" }, { environments: ["test"] }).violations.length, 1);
  const modes = ["ZoneRedundant", "SameZone"];
  assert.deepEqual(server({ mode: "SameZone" }, prod, { modes }), { violations: [] });
  assert.match(messages(server({}, prod, { modes })).join(), /ZoneRedundant or SameZone/);
  assert.equal(rule.configSchema?.properties.modes?.minItems, 1);
});

test("what is unknown waits for up, unless something known decides", () => {
  assert.match(server({ mode: UNKNOWN }, prod).waits ?? "", /highAvailability\.mode of "db"/);
  assert.match(server({}, UNKNOWN_OBJECT).waits ?? "", /tags of "db"/);
  assert.deepEqual(server({ mode: UNKNOWN }, { environment: "dev" }), { violations: [] });
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
