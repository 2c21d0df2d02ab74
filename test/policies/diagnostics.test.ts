import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnostics as rule } from "../../policies/rules/diagnostics.ts";
import { type Given, judgeStack, messages, UNKNOWN, UNKNOWN_LIST, UNTOUCHABLE } from "./judged.ts";

const ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/";
const server = (name = "db"): Given => ({
  type: "azure-native:dbforpostgresql:Server",
  name,
  inputs: { serverName: `pg-${name}` },
});
const logs = [{ categoryGroup: "allLogs", enabled: true }];
const setting = (props: Record<string, unknown>, from: Record<string, string[]> = { resourceUri: ["db"] }): Given => ({
  type: "azure-native:monitor:DiagnosticSetting",
  name: "logs",
  props,
  inputs: { resourceUri: UNKNOWN },
  from,
});
const workspaceId = "/there";
/** One whose resource is written out. */
const of = (resourceUri: unknown): Given => ({ ...setting({ workspaceId, logs }, {}), inputs: { resourceUri } });

test("outside dev, the server's logs go somewhere", () => {
  for (const environment of ["test", "prod"]) {
    assert.deepEqual(judgeStack(rule, [server()], { environment }).violations, [
      { message: '"db" has no diagnostic setting that sends its logs anywhere.', urn: "urn:db" },
    ]);
    for (const destination of ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId"]) {
      const good = setting({ [destination]: "/there", logs });
      assert.deepEqual(judgeStack(rule, [server(), good], { environment }), { violations: [] }, destination);
    }
  }
  assert.deepEqual(judgeStack(rule, [server()], { environment: "dev" }), { violations: [] });
});

test("a setting of another server, without logs or without a destination is none", () => {
  for (const bad of [
    setting({ workspaceId }),
    setting({ workspaceId, logs: [] }),
    setting({ workspaceId, logs: [{ categoryGroup: "allLogs", enabled: false }] }),
    setting({ logs }),
  ]) {
    assert.equal(judgeStack(rule, [server(), bad]).violations.length, 1, JSON.stringify(bad.props));
  }
  const two = [server(), server("other"), setting({ workspaceId, logs })];
  assert.deepEqual(messages(judgeStack(rule, two)), [
    '"other" has no diagnostic setting that sends its logs anywhere.',
  ]);
});

test("an id that is written out is compared, in any case; the module's older name counts", () => {
  for (const id of [`${ID}pg-db`, `${ID}PG-DB`.toLowerCase(), `${ID}pg-db/`]) {
    assert.deepEqual(judgeStack(rule, [server(), of(id)]), { violations: [] }, id);
  }
  for (const id of [`${ID}pg-other`, `${ID}pg-db/databases/app`, "/subscriptions/s/…/virtualMachines/pg-db"]) {
    assert.equal(judgeStack(rule, [server(), of(id)]).violations.length, 1, id);
  }
  const older = { ...of(`${ID}pg-db`), type: "azure-native:insights:DiagnosticSetting" };
  assert.deepEqual(judgeStack(rule, [server(), older]), { violations: [] });
});

test("the id of another resource is not this server's, before it is known; of one that nobody saw it may be", () => {
  const vm: Given = { type: "azure-native:compute:VirtualMachine", name: "vm" };
  const group: Given = { type: "azure-native:resources:ResourceGroup", name: "group" };
  const from = (name: string) => setting({ workspaceId, logs }, { resourceUri: [name] });
  assert.equal(judgeStack(rule, [server(), vm, from("vm")]).violations.length, 1);
  assert.match(judgeStack(rule, [server(), group, from("group")]).waits ?? "", /resourceUri of "logs"/);
  const { inputs: _, ...unseen } = { ...of(""), name: "unseen" };
  assert.deepEqual(judgeStack(rule, [server(), unseen]), { violations: [] });
  assert.equal(judgeStack(rule, [server(), vm, { ...unseen, from: { resourceUri: ["vm"] } }]).violations.length, 1);
});

test("the environments are configurable, and a tag decides nothing", () => {
  const config = { environment: "dev", environments: ["dev"] };
  assert.equal(judgeStack(rule, [server()], config).violations.length, 1);
  assert.equal(judgeStack(rule, [{ ...server(), props: { tags: { environment: "dev" } } }]).violations.length, 1);
});

test("a workspace that is made in the same run is a destination; unknown logs wait for up", () => {
  const workspace: Given = { type: "azure-native:operationalinsights:Workspace", name: "workspace" };
  const from = { resourceUri: ["db"], workspaceId: ["workspace"] };
  const fresh = (given: unknown) => setting({ workspaceId: UNKNOWN, logs: given }, from);
  assert.deepEqual(judgeStack(rule, [server(), workspace, fresh(logs)]), { violations: [] });
  const unknown = judgeStack(rule, [server(), workspace, fresh(UNKNOWN_LIST)]);
  assert.deepEqual(unknown.violations, []);
  assert.match(unknown.waits ?? "", /logs of "logs" \(azure-native:monitor:DiagnosticSetting\)/);
});

test("a stack without a server is not looked at", () => {
  const given = [{ ...setting({}, {}), props: UNTOUCHABLE }];
  assert.match(judgeStack(rule, given).notApplicable ?? "", /flexible server/);
});
