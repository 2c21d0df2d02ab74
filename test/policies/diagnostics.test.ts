import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnostics as rule } from "../../policies/rules/diagnostics.ts";
import { type Given, judgeStack, messages, UNKNOWN, UNKNOWN_LIST, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const server = (tags: unknown = { environment: "prod" }, name = "db"): Given => ({
  type: "azure-native:dbforpostgresql:Server",
  name,
  props: { tags },
});
const logs = [{ categoryGroup: "allLogs", enabled: true }];
const setting = (props: Record<string, unknown>, from: Record<string, string[]> = { resourceUri: ["db"] }): Given => ({
  type: "azure-native:monitor:DiagnosticSetting",
  name: "logs",
  props,
  from,
});

test("outside dev, the server's logs go somewhere", () => {
  for (const environment of ["test", "prod"]) {
    assert.deepEqual(judgeStack(rule, [server({ environment })]).violations, [
      { message: '"db" has no diagnostic setting that sends its logs anywhere.', urn: "urn:db" },
    ]);
    for (const destination of ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId"]) {
      const good = setting({ [destination]: "/there", logs });
      assert.deepEqual(judgeStack(rule, [server({ environment }), good]), { violations: [] }, destination);
    }
  }
  assert.deepEqual(judgeStack(rule, [server({ environment: "dev" })]), { violations: [] });
});

test("a setting of another server, without logs or without a destination is none", () => {
  const workspaceId = "/there";
  for (const bad of [
    setting({ workspaceId }),
    setting({ workspaceId, logs: [] }),
    setting({ workspaceId, logs: [{ categoryGroup: "allLogs", enabled: false }] }),
    setting({ logs }),
  ]) {
    assert.equal(judgeStack(rule, [server(), bad]).violations.length, 1, JSON.stringify(bad.props));
  }
  const two = [server(), server({ environment: "prod" }, "other"), setting({ workspaceId, logs })];
  assert.deepEqual(messages(judgeStack(rule, two)), [
    '"other" has no diagnostic setting that sends its logs anywhere.',
  ]);
});

test("one whose server is written out is taken for this one's, and so is the module's older name", () => {
  const given = setting({ workspaceId: "/there", logs }, {});
  assert.deepEqual(judgeStack(rule, [server(), given]), { violations: [] });
  assert.deepEqual(judgeStack(rule, [server(), { ...given, type: "azure-native:insights:DiagnosticSetting" }]), {
    violations: [],
  });
});

test("the environments are configurable", () => {
  assert.equal(judgeStack(rule, [server({ environment: "dev" })], { environments: ["dev"] }).violations.length, 1);
  assert.deepEqual(judgeStack(rule, [server()], { environment: "dev" }), { violations: [] });
});

test("a workspace that is made in the same run is a destination; unknown logs or tags wait for up", () => {
  const workspace: Given = { type: "azure-native:operationalinsights:Workspace", name: "workspace" };
  const from = { resourceUri: ["db"], workspaceId: ["workspace"] };
  const fresh = (given: unknown) => setting({ workspaceId: UNKNOWN, logs: given }, from);
  assert.deepEqual(judgeStack(rule, [server(), workspace, fresh(logs)]), { violations: [] });
  const unknown = judgeStack(rule, [server(), workspace, fresh(UNKNOWN_LIST)]);
  assert.deepEqual(unknown.violations, []);
  assert.match(unknown.waits ?? "", /logs of "logs" \(azure-native:monitor:DiagnosticSetting\)/);
  assert.match(judgeStack(rule, [server(UNKNOWN_OBJECT)]).waits ?? "", /tags of "db"/);
});

test("a stack without a server is not looked at", () => {
  const given = [{ ...setting({}, {}), props: UNTOUCHABLE }];
  assert.match(judgeStack(rule, given).notApplicable ?? "", /flexible server/);
});
