import type { Seen } from "./judging.ts";

/**
 * Whether a server is a read replica, by its inputs. A replica cannot have backups, geo-redundant backups or a standby; its primary has them.
 * A server that the program promotes is no longer a replica.
 * Source: Microsoft Learn, "Read replicas in Azure Database for PostgreSQL", "Unsupported features on read replicas".
 */
export function isReadReplica({ props }: Seen): boolean {
  if (props.createMode !== "Replica") return false;
  const role = props.replica?.role ?? props.replicationRole;
  return props.replica?.promoteMode === undefined && !["None", "Primary"].includes(role);
}
