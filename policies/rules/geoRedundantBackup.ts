import { all } from "../engine/judging.ts";
import { isReadReplica } from "../engine/readReplica.ts";
import { SERVER } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const geoRedundantBackup = resourceRule({
  name: "geo-redundant-backup",
  displayName: "Backups survive the region",
  description: "Backups of a prod server must also be kept in the paired region.",
  severity: "medium",
  remediationSteps:
    "Set geoRedundantBackup to Enabled (backup.geoRedundantBackup) before the server is created: Azure cannot change it later.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/backup-restore/concepts-geo-disaster-recovery",
  framework: benchmark("BR-2", "Protect backup and recovery data"),
  tags: ["server", "backup", "environment"],
  builtIns: {
    "cee2f9fd-3968-44be-a863-bd62c9884423":
      "Geo-redundant backup should be enabled for Azure Database for PostgreSQL flexible servers",
  },
  verifiedModule: "geoRedundantBackup Enabled",
  demandedIn: { environments: ["prod"], demand: "geo-redundant backups are needed" },
  looksAt: [SERVER],
  judge: (server) =>
    all(
      () => server.props.backup?.geoRedundantBackup !== "Enabled",
      () => !isReadReplica(server),
    ) && `"${server.name}" keeps its backups in one region: backup.geoRedundantBackup must be "Enabled".`,
});
