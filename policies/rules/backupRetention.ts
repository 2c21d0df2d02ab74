import { ENVIRONMENT_SCHEMA, type EnvironmentConfig, environmentOf } from "../engine/environment.ts";
import { all } from "../engine/judging.ts";
import { isReadReplica } from "../engine/readReplica.ts";
import { SERVER } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { integer } from "../engine/setting.ts";

/** Azure keeps backups of a flexible server for 7 to 35 days, by default 7. */
const days = (environment: string, otherwise: number) =>
  integer(7, 35, otherwise, `Fewest days that backups must be kept in ${environment}`);

export const backupRetention = resourceRule<EnvironmentConfig & { dev: number; test: number; prod: number }>({
  name: "backup-retention",
  displayName: "Backups are kept long enough",
  description: "Backups of a PostgreSQL flexible server must be kept as long as the environment demands.",
  severity: "medium",
  remediationSteps: "Set backupRetentionDays (backup.backupRetentionDays of the server) to what the message asks for.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/backup-restore/concepts-backup-restore",
  framework: benchmark("BR-1", "Ensure regular automated backups"),
  tags: ["server", "backup", "environment"],
  verifiedModule: "backupRetentionDays 7",
  settings: { ...ENVIRONMENT_SCHEMA, dev: days("dev", 7), test: days("test", 14), prod: days("prod", 30) },
  looksAt: [SERVER],
  judge: (server, config) => {
    const environment = environmentOf(config);
    const least = config[environment];
    const kept = () => server.props.backup?.backupRetentionDays ?? 7;
    const isShort = all(
      () => kept() < least,
      () => !isReadReplica(server),
    );
    return (
      isShort &&
      `"${server.name}" keeps its backups for ${kept()} days; in ${environment} at least ${least} are needed.`
    );
  },
});
