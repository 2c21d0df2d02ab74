import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { serverInputs, TestAzure } from "./testAzure.ts";

const WORKSPACE = "azure-native:operationalinsights:Workspace";
const SETTING = "azure-native:monitor:DiagnosticSetting";

async function serverAndWorkspace(t: TestContext) {
  const azure = await TestAzure.withGroup(t);
  const server = await azure.create("azure-native:dbforpostgresql:Server", "db", serverInputs());
  const workspace = await azure.create(WORKSPACE, "logs", {
    resourceGroupName: "rg",
    location: "westeurope",
    sku: { name: "PerGB2018" },
    retentionInDays: 90,
    features: { disableLocalAuth: true },
  });
  const inputs = {
    resourceUri: server.id,
    name: "logs",
    workspaceId: workspace.id,
    logs: [{ category: "PostgreSQLLogs", enabled: true }],
    metrics: [{ category: "AllMetrics", enabled: true }],
  };
  return { azure, server, workspace, inputs };
}

test("a diagnostic setting is deleted with its server", async (t) => {
  const { azure, server, inputs } = await serverAndWorkspace(t);
  const setting = await azure.create(SETTING, "setting", inputs);
  assert.equal(setting.id, `${server.id}/providers/Microsoft.Insights/diagnosticSettings/logs`);
  assert.deepEqual(setting.outputs.logs, inputs.logs);
  const read = await azure.read(setting);
  assert.deepEqual(read?.inputs, setting.inputs, "a refresh without drift changes nothing");
  await azure.delete(server);
  assert.equal(azure.emulator.resource(setting.id), undefined);
});

test("a new resource replaces a diagnostic setting, a new workspace updates it", async (t) => {
  const { azure, inputs } = await serverAndWorkspace(t);
  const setting = await azure.create(SETTING, "setting", inputs);
  const moved = await azure.change(setting, { resourceUri: `${inputs.resourceUri}-other` });
  assert.deepEqual(moved.replaces, ["resourceUri"]);
  const other = await azure.create(WORKSPACE, "other", { resourceGroupName: "rg", location: "westeurope" });
  const changed = await azure.change(setting, { workspaceId: other.id });
  assert.deepEqual(changed.replaces, []);
  assert.equal(changed.outputs.workspaceId, other.id);
});

test("a missing server or workspace and an unknown category are refused", async (t) => {
  const { azure, inputs } = await serverAndWorkspace(t);
  const create = (changes: object) => azure.create(SETTING, "setting", { ...inputs, ...changes });
  await assert.rejects(create({ resourceUri: `${inputs.resourceUri}-other` }), /ParentResourceNotFound/);
  await assert.rejects(create({ workspaceId: `${inputs.workspaceId}-other` }), /ResourceNotFound.*diagnostic setting/);
  await assert.rejects(create({ logs: [{ category: "Logs", enabled: true }] }), /allowed: "PostgreSQLLogs"/);
});

test("a workspace's retention is 30 to 730 days", async (t) => {
  const azure = await TestAzure.withGroup(t);
  const days = (retentionInDays: number) =>
    azure.create(WORKSPACE, "logs", { resourceGroupName: "rg", location: "westeurope", retentionInDays });
  await assert.rejects(days(7), /at least 30/);
  await assert.rejects(days(731), /at most 730/);
});
