import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import * as pulumi from "@pulumi/pulumi";

/** The arguments of {@link ServerLogs}. */
export interface ServerLogsArgs {
  /** Resource group of the workspace. Changing it replaces the workspace AND THE LOGS. */
  resourceGroupName: pulumi.Input<string>;
  /** Azure region. Changing it replaces the workspace AND THE LOGS. */
  location: pulumi.Input<string>;
  /** ARM id of the flexible server whose logs are kept. Changing it replaces the setting. */
  serverId: pulumi.Input<string>;
  /** Days that logs are kept, 30 to 730. @default 30 */
  retentionDays?: pulumi.Input<number>;
  /** Tags for the workspace. @default none */
  tags?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

/**
 * PostgreSQL's own log, with its logins and refusals, and the sessions.
 * Source: Microsoft Learn, supported log categories of Microsoft.DBforPostgreSQL/flexibleServers.
 */
const CATEGORIES = ["PostgreSQLLogs", "PostgreSQLFlexSessions"];

/** A Log Analytics workspace, and the setting that sends a server's logs and metrics there. PostgreSQL's log holds no token. */
export class ServerLogs extends pulumi.ComponentResource {
  /** ARM id of the workspace. */
  readonly workspaceId: pulumi.Output<string>;

  constructor(name: string, args: ServerLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:ServerLogs", name, {}, opts);
    const workspace = createWorkspace(name, args, { parent: this });
    createSetting(name, args, workspace, { parent: this });

    this.workspaceId = workspace.id;
    this.registerOutputs({ workspaceId: this.workspaceId });
  }
}

function createWorkspace(name: string, args: ServerLogsArgs, own: pulumi.CustomResourceOptions): Workspace {
  const { resourceGroupName, location, tags, retentionDays = 30 } = args;
  return new Workspace(
    `${name}-logs`,
    {
      resourceGroupName,
      location,
      ...(tags ? { tags } : {}),
      sku: { name: "PerGB2018" },
      retentionInDays: retentionDays,
      // Whoever reads the logs logs in to Entra; the workspace's shared key is no way in.
      features: { disableLocalAuth: true },
    },
    own,
  );
}

function createSetting(
  name: string,
  args: ServerLogsArgs,
  workspace: Workspace,
  own: pulumi.CustomResourceOptions,
): DiagnosticSetting {
  return new DiagnosticSetting(
    `${name}-diagnostics`,
    {
      resourceUri: args.serverId,
      name: "logs",
      workspaceId: workspace.id,
      logs: CATEGORIES.map((category) => ({ category, enabled: true })),
      metrics: [{ category: "AllMetrics", enabled: true }],
    },
    own,
  );
}
