import assert from "node:assert/strict";
import { test } from "node:test";
import { geoRedundantBackup as rule } from "../../policies/rules/geoRedundantBackup.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (backup: unknown, tags: unknown, config = {}) =>
  judge(rule, { type, name: "db", props: { backup, tags } }, config);

test("prod needs backups in two regions, dev and test do not", () => {
  for (const backup of [undefined, {}, { geoRedundantBackup: "Disabled" }]) {
    assert.match(messages(server(backup, { environment: "prod" })).join(), /^"db" keeps its backups in one region/);
    assert.equal(server(backup, undefined).violations.length, 1);
    for (const environment of ["dev", "test"]) assert.deepEqual(server(backup, { environment }), { violations: [] });
  }
  assert.deepEqual(server({ geoRedundantBackup: "Enabled" }, { environment: "prod" }), { violations: [] });
});

test("the environments are configurable", () => {
  assert.equal(server({}, { environment: "test" }, { environments: ["test", "prod"] }).violations.length, 1);
  assert.deepEqual(server({}, { environment: "prod" }, { environments: [] }), { violations: [] });
  assert.deepEqual(server({}, { environment: "prod" }, { environment: "dev" }), { violations: [] });
});

test("what is unknown waits for up, unless something known decides", () => {
  const unknown = { geoRedundantBackup: UNKNOWN };
  assert.match(server(unknown, { environment: "prod" }).waits ?? "", /backup\.geoRedundantBackup of "db"/);
  assert.match(server({}, UNKNOWN_OBJECT).waits ?? "", /tags of "db"/);
  assert.deepEqual(server(unknown, { environment: "dev" }), { violations: [] });
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
