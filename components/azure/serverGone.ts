import type { Deadline } from "../postgres/deadline.ts";
import type { Failure } from "../postgres/failure.ts";
import { NAME_UNKNOWN, NO_ANSWER, NO_ANSWER_IN_TIME, REFUSED, retryRule } from "../postgres/retryTable.ts";
import { API_VERSION, askAzure } from "./resourceManager.ts";

/** What can be a server that is gone. Each can be something else, too: so it is a reason to ask, never a proof. */
const REASONS_TO_ASK = [NAME_UNKNOWN, REFUSED, NO_ANSWER, NO_ANSWER_IN_TIME];

/**
 * Whether a login failed because the server does not exist any more, and Azure itself says so. A name that does not resolve is no proof.
 *
 * @param serverId ARM id of the server; without it nothing can be proved.
 */
export async function serverIsGone(
  serverId: string | undefined,
  failure: Failure,
  deadline: Deadline,
): Promise<boolean> {
  const rule = retryRule(failure);
  if (!serverId || failure.phase !== "connect" || !rule || !REASONS_TO_ASK.includes(rule)) {
    return false;
  }
  return azureKnowsNoServer(serverId, deadline);
}

/** Whether Azure itself says that the server does not exist. An answer that the login may not ask is no proof. */
export async function azureKnowsNoServer(serverId: string, deadline: Deadline): Promise<boolean> {
  try {
    const answer = await askAzure(`${serverId}?api-version=${API_VERSION}`, AbortSignal.timeout(deadline.atMost(15)));
    return answer.status === 404 && ["ResourceNotFound", "ResourceGroupNotFound"].includes(answer.error?.code ?? "");
  } catch {
    return false;
  }
}
