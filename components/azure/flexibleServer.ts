import type { Deadline } from "../postgres/deadline.ts";
import type { Failure } from "../postgres/failure.ts";
import { idProblem, namesInId } from "./armIds.ts";
import { API_VERSION, askAzure } from "./resourceManager.ts";

/** What is wrong with an ARM id of a flexible server. */
export function serverIdProblem(id: string): string | undefined {
  return idProblem("flexible server", id);
}

/** The names in an ARM id of a flexible server, for a command that names it. */
export function namesIn(serverId: string): { resourceGroup: string; server: string } {
  const { resourceGroupName = "…", name = "…" } = namesInId("flexible server", serverId) ?? {};
  return { resourceGroup: resourceGroupName, server: name };
}

/** No DNS name, a closed port, no response: a server that no longer exists looks like this, and other servers do, too. */
const REASONS_TO_ASK = ["EP-PG-07", "EP-PG-08", "EP-PG-09"];

/**
 * Whether a login failed because the server no longer exists, as Azure itself confirms. A name that does not resolve proves nothing.
 *
 * @param serverId ARM id of the server; without it nothing can be proved.
 */
export async function serverIsGone(
  serverId: string | undefined,
  failure: Failure,
  deadline: Deadline,
): Promise<boolean> {
  const mayBeGone = failure.phase === "connect" && REASONS_TO_ASK.includes(failure.errorCode ?? "");
  return serverId !== undefined && mayBeGone && (await azureKnowsNoServer(serverId, deadline));
}

/** Whether Azure itself says that the server does not exist. A refusal to answer proves nothing. */
export async function azureKnowsNoServer(serverId: string, deadline: Deadline): Promise<boolean> {
  try {
    const answer = await askAzure(`${serverId}?api-version=${API_VERSION}`, AbortSignal.timeout(deadline.atMost(15)));
    return answer.status === 404 && ["ResourceNotFound", "ResourceGroupNotFound"].includes(answer.error?.code ?? "");
  } catch {
    return false;
  }
}
