import assert from "node:assert/strict";
import { test } from "node:test";
import { geoRedundantBackup as rule } from "../../policies/rules/geoRedundantBackup.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (backup: unknown, config = {}, more = {}) =>
  judge(rule, { type, name: "db", props: { backup, ...more } }, config);

test("prod needs backups in two regions, dev and test do not", () => {
  for (const backup of [undefined, {}, { geoRedundantBackup: "Disabled" }]) {
    assert.match(messages(server(backup)).join(), /^"db" keeps its backups in one region/);
    assert.equal(server(backup, {}, { tags: { environment: "dev" } }).violations.length, 1, "a tag decides nothing");
    for (const environment of ["dev", "test"]) assert.deepEqual(server(backup, { environment }), { violations: [] });
  }
  assert.deepEqual(server({ geoRedundantBackup: "Enabled" }), { violations: [] });
});

test("the environments are configurable", () => {
  assert.equal(server({}, { environment: "test", environments: ["test", "prod"] }).violations.length, 1);
  assert.deepEqual(server({}, { environments: [] }), { violations: [] });
});

test("a read replica, which cannot have backups, passes until it is promoted", () => {
  assert.deepEqual(server({}, {}, { createMode: "Replica" }), { violations: [] });
  assert.equal(server({}, {}, { createMode: "Replica", replica: { role: "Primary" } }).violations.length, 1);
});

test("what is unknown waits for up, unless something known decides", () => {
  const unknown = { geoRedundantBackup: UNKNOWN };
  assert.match(server(unknown).waits ?? "", /backup\.geoRedundantBackup of "db"/);
  assert.deepEqual(server(unknown, { environment: "dev" }), { violations: [] });
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
