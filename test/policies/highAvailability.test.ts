import assert from "node:assert/strict";
import { test } from "node:test";
import { highAvailability as rule } from "../../policies/rules/highAvailability.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (highAvailability: unknown, config = {}, more = {}) =>
  judge(rule, { type, name: "db", props: { highAvailability, ...more } }, config);

test("prod needs a standby in another zone, dev and test do not", () => {
  for (const given of [undefined, {}, { mode: "Disabled" }, { mode: "SameZone" }]) {
    assert.match(messages(server(given)).join(), /^"db" has no standby.*ZoneRedundant\.$/);
    assert.equal(server(given, {}, { tags: { environment: "dev" } }).violations.length, 1, "a tag decides nothing");
    for (const environment of ["dev", "test"]) assert.deepEqual(server(given, { environment }), { violations: [] });
  }
  assert.deepEqual(server({ mode: "ZoneRedundant" }), { violations: [] });
});

test("environments and modes are configurable", () => {
  assert.equal(server({}, { environment: "test", environments: ["test"] }).violations.length, 1);
  const modes = ["ZoneRedundant", "SameZone"];
  assert.deepEqual(server({ mode: "SameZone" }, { modes }), { violations: [] });
  assert.match(messages(server({}, { modes })).join(), /ZoneRedundant or SameZone/);
  assert.equal(rule.configSchema?.properties.modes?.minItems, 1);
});

test("a read replica, which cannot have a standby, passes until it is promoted", () => {
  assert.deepEqual(server({}, {}, { createMode: "Replica" }), { violations: [] });
  assert.equal(server({}, {}, { createMode: "Replica", replicationRole: "None" }).violations.length, 1);
  assert.equal(server({}, {}, { createMode: "PointInTimeRestore" }).violations.length, 1);
});

test("what is unknown waits for up, unless something known decides", () => {
  assert.match(server({ mode: UNKNOWN }).waits ?? "", /highAvailability\.mode of "db"/);
  assert.deepEqual(server({ mode: UNKNOWN }, { environment: "dev" }), { violations: [] });
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
