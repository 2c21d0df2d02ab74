import assert from "node:assert/strict";
import { test } from "node:test";
import { entraAdministrator as rule } from "../../policies/rules/entraAdministrator.ts";
import { judgeStack, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const server = (name: string, parent?: string) => ({
  type: "azure-native:dbforpostgresql:Server",
  name,
  ...(parent ? { parent } : {}),
});
const administrator = {
  type: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
  name: "admins",
  from: { serverName: ["one"] },
};

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

test("the one server of a component is its administrator's; an administrator of a server that cannot be told accuses nobody", () => {
  const component = (name: string) => ({ type: "my:index:Database", name });
  const child = { ...administrator, from: {}, parent: "a" };
  const stack = [component("a"), component("b"), server("one", "a"), server("two", "b"), child];
  assert.deepEqual(messages(judgeStack(rule, stack)), ['"two" has no Microsoft Entra administrator.']);
  const anybodys = { ...administrator, from: {} };
  assert.deepEqual(judgeStack(rule, [server("one"), server("two"), anybodys]), { violations: [] });
});

test("it reads no property, so nothing waits for up", () => {
  const unknown = { ...administrator, props: { objectId: UNKNOWN } };
  assert.deepEqual(judgeStack(rule, [{ ...server("one"), props: { name: UNKNOWN } }, unknown]), { violations: [] });
});

test("a stack without a server is not looked at", () => {
  const other = { type: "azure-native:dbformysql:Server", props: UNTOUCHABLE };
  assert.match(judgeStack(rule, [other, { ...administrator, from: {} }]).notApplicable ?? "", /flexible server/);
});
