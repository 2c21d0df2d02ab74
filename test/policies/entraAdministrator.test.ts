import assert from "node:assert/strict";
import { test } from "node:test";
import { entraAdministrator as rule } from "../../policies/rules/entraAdministrator.ts";
import { judgeStack, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const server = (name: string, inputs: Record<string, unknown> = { serverName: `pg-${name}` }) => ({
  type: "azure-native:dbforpostgresql:Server",
  name,
  inputs,
});
const administrator = {
  type: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
  name: "admins",
  inputs: { serverName: UNKNOWN },
  from: { serverName: ["one"] },
};
/** One whose server is written out. */
const of = (serverName: unknown) => ({ ...administrator, inputs: { serverName }, from: {} });

test("a server with an administrator passes; one without is named", () => {
  assert.deepEqual(judgeStack(rule, [server("one"), administrator]), { violations: [] });
  const two = judgeStack(rule, [server("one"), server("two"), administrator]);
  assert.deepEqual(two.violations, [{ message: '"two" has no Microsoft Entra administrator.', urn: "urn:two" }]);
  assert.equal(messages(judgeStack(rule, [server("one")])).length, 1);
});

test("the name of older API versions counts", () => {
  const older = { ...administrator, type: "azure-native:dbforpostgresql/v20221201:Administrator" };
  assert.deepEqual(judgeStack(rule, [server("one"), older]), { violations: [] });
});

test("a server's name that is written out is compared: another server's administrator is not this one's", () => {
  assert.deepEqual(judgeStack(rule, [server("one"), of("PG-one")]), { violations: [] });
  assert.equal(messages(judgeStack(rule, [server("one"), of("pg-elsewhere")])).length, 1);
  const made = { ...server("one", {}), props: { name: "pg-one" } };
  assert.deepEqual(judgeStack(rule, [made, of("pg-one")]), { violations: [] }, "the name that Azure answers");
});

test("an administrator whose inputs the engine did not show may be anybody's, unless it comes from another server", () => {
  const { inputs: _, ...unseen } = { ...administrator, name: "unseen" };
  assert.deepEqual(judgeStack(rule, [server("one"), { ...unseen, from: {} }]), { violations: [] });
  assert.equal(messages(judgeStack(rule, [server("one"), server("two"), unseen])).length, 1);
});

test("names that are not known wait for up", () => {
  assert.match(judgeStack(rule, [server("one"), of(UNKNOWN)]).waits ?? "", /serverName of "admins"/);
  const unnamed = { ...server("one", {}), props: { name: UNKNOWN } };
  assert.match(judgeStack(rule, [unnamed, of("pg-one")]).waits ?? "", /name of "one" \(azure-native:.*:Server\)/);
});

test("a stack without a server is not looked at", () => {
  const other = { type: "azure-native:dbformysql:Server", props: UNTOUCHABLE };
  assert.match(judgeStack(rule, [other, of("pg-one")]).notApplicable ?? "", /flexible server/);
});
