import assert from "node:assert/strict";
import { test } from "node:test";
import { inputsOf, recordResources, resolved, settled } from "../../harness/mocks.ts";

test("a server's log and sessions go to a workspace that knows no shared key", async () => {
  const registered = await recordResources();
  const { ServerLogs } = await import("entra-postgres");
  const serverId = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/db";
  const logs = new ServerLogs("app", { resourceGroupName: "rg", location: "westeurope", serverId, retentionDays: 90 });
  assert.equal(await resolved(logs.workspaceId), "app-logs-id");
  await settled(logs);

  const [workspace] = inputsOf(registered, "azure-native:operationalinsights:Workspace");
  assert.equal(workspace?.retentionInDays, 90);
  assert.deepEqual(workspace?.features, { disableLocalAuth: true });
  const [setting] = inputsOf(registered, "azure-native:monitor:DiagnosticSetting");
  assert.equal(setting?.resourceUri, serverId);
  assert.equal(setting?.workspaceId, "app-logs-id");
  assert.deepEqual(setting?.logs, [
    { category: "PostgreSQLLogs", enabled: true },
    { category: "PostgreSQLFlexSessions", enabled: true },
  ]);
  assert.deepEqual(setting?.metrics, [{ category: "AllMetrics", enabled: true }]);
});
