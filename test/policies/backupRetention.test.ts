import assert from "node:assert/strict";
import { test } from "node:test";
import { backupRetention as rule } from "../../policies/rules/backupRetention.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (backup: unknown, config = {}, more = {}) =>
  judge(rule, { type, name: "db", props: { backup, ...more } }, config);
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

test("Azure's default is 7 days, and no environment is prod, whatever the server's tag says", () => {
  assert.deepEqual(server(undefined, { environment: "dev" }), { violations: [] });
  assert.match(messages(server(undefined)).join(), /for 7 days; in prod at least 30/);
  assert.equal(server(days(7), {}, { tags: { environment: "dev" } }).violations.length, 1);
});

test("the days are configurable, within what Azure has", () => {
  assert.deepEqual(server(days(20), { prod: 20 }), { violations: [] });
  assert.equal(server(days(19), { prod: 20 }).violations.length, 1);
  for (const environment of ["dev", "test", "prod"]) {
    const { minimum, maximum } = rule.configSchema?.properties[environment] ?? {};
    assert.deepEqual([minimum, maximum], [7, 35]);
  }
});

test("a read replica, which cannot have backups, passes until it is promoted", () => {
  assert.deepEqual(server(undefined, {}, { createMode: "Replica" }), { violations: [] });
  const promoted = { createMode: "Replica", replica: { promoteMode: "Standalone" } };
  assert.equal(server(undefined, {}, promoted).violations.length, 1);
});

test("what is unknown waits for up, unless something known decides", () => {
  assert.match(server(days(UNKNOWN)).waits ?? "", /backup\.backupRetentionDays of "db"/);
  assert.match(server(days(7), {}, { createMode: UNKNOWN }).waits ?? "", /createMode of "db"/);
  assert.deepEqual(server(days(35), {}, { createMode: UNKNOWN }), { violations: [] });
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
