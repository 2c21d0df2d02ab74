import assert from "node:assert/strict";
import { test } from "node:test";
import { backupRetention as rule } from "../../policies/rules/backupRetention.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (backup: unknown, tags: unknown, config = {}) =>
  judge(rule, { type, name: "db", props: { backup, tags } }, config);
const days = (backupRetentionDays: unknown) => ({ backupRetentionDays });

test("each environment has its days, and one less is refused", () => {
  for (const [environment, least] of [
    ["dev", 7],
    ["test", 14],
    ["prod", 30],
  ] as const) {
    assert.deepEqual(server(days(least), { environment }), { violations: [] }, environment);
    assert.deepEqual(messages(server(days(least - 1), { environment })), [
      `"db" keeps its backups for ${least - 1} days; in ${environment} at least ${least} are needed.`,
    ]);
  }
});

test("Azure's default is 7 days, and no environment is prod", () => {
  assert.deepEqual(server(undefined, { environment: "dev" }), { violations: [] });
  assert.match(messages(server(undefined, undefined)).join(), /for 7 days; in prod at least 30/);
});

test("days and environment are configurable, within what Azure has", () => {
  assert.deepEqual(server(days(20), { environment: "prod" }, { prod: 20 }), { violations: [] });
  assert.equal(server(days(19), { environment: "prod" }, { prod: 20 }).violations.length, 1);
  assert.deepEqual(server(days(7), { environment: "prod" }, { environment: "dev" }), { violations: [] });
  for (const environment of ["dev", "test", "prod"]) {
    const { minimum, maximum } = rule.configSchema?.properties[environment] ?? {};
    assert.deepEqual([minimum, maximum], [7, 35]);
  }
});

test("what is unknown waits for up", () => {
  assert.match(server(days(UNKNOWN), { environment: "prod" }).waits ?? "", /backup\.backupRetentionDays of "db"/);
  assert.match(server(days(7), UNKNOWN_OBJECT).waits ?? "", /tags of "db"/);
  assert.deepEqual(server(days(7), UNKNOWN_OBJECT).violations, []);
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
