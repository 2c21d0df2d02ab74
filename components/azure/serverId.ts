import { show } from "../postgres/roleName.ts";

const SERVER_ID =
  /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)\/providers\/Microsoft\.DBforPostgreSQL\/flexibleServers\/([^/?#]+)$/i;

/** What is wrong with an ARM id of a flexible server. */
export function serverIdProblem(id: string): string | undefined {
  return SERVER_ID.test(id)
    ? undefined
    : `${show(id)} is not the ARM id of a flexible server: ` +
        "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.DBforPostgreSQL/flexibleServers/<name>";
}

/** The names in an ARM id of a flexible server, for who has to name it to `az`. */
export function namesIn(serverId: string): { resourceGroup: string; server: string } {
  const [, resourceGroup = "…", server = "…"] = SERVER_ID.exec(serverId) ?? [];
  return { resourceGroup, server };
}
