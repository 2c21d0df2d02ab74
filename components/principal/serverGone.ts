import { deployerCloud } from "./cloud.ts";
import { deployerCredential } from "./credential.ts";
import type { Deadline } from "./deadline.ts";
import type { Failure } from "./failure.ts";
import { NAME_UNKNOWN, NO_ANSWER, NO_ANSWER_IN_TIME, REFUSED, retryRule } from "./retryTable.ts";

/** Version of the resource provider Microsoft.DBforPostgreSQL that is asked. */
const API_VERSION = "2024-08-01";

/** What can be a server that is gone. Each can be something else, too: so it is a reason to ask, never a proof. */
const REASONS_TO_ASK = [NAME_UNKNOWN, REFUSED, NO_ANSWER, NO_ANSWER_IN_TIME];

/**
 * Whether Azure itself says that the server does not exist any more. A name that does not resolve is no proof; neither is an
 * answer that the login may not ask.
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
  try {
    const signal = AbortSignal.timeout(deadline.atMost(15));
    const { audience, endpoint } = resourceManager();
    const token = await deployerCredential(process.env, signal).getToken(`${audience}/.default`, {
      abortSignal: signal,
    });
    const answer = await fetch(new URL(`${serverId}?api-version=${API_VERSION}`, endpoint), {
      headers: { Authorization: `Bearer ${token?.token ?? ""}` },
      redirect: "error",
      signal,
    });
    const body = (await answer.json()) as { error?: { code?: string } };
    return answer.status === 404 && ["ResourceNotFound", "ResourceGroupNotFound"].includes(body.error?.code ?? "");
  } catch {
    return false;
  }
}

/**
 * Where the resource manager is: ARM_ENDPOINT, or that of the deployment's cloud. The token's audience is the cloud's in any case.
 *
 * @throws {Error} for an endpoint to which the token would travel unprotected.
 */
function resourceManager(env: NodeJS.ProcessEnv = process.env): { audience: string; endpoint: URL } {
  const audience = deployerCloud(env).resourceManager;
  const endpoint = new URL(env.ARM_ENDPOINT || audience);
  if (endpoint.protocol !== "https:" && !["127.0.0.1", "localhost", "[::1]"].includes(endpoint.hostname)) {
    throw new Error("ARM_ENDPOINT must begin with https://");
  }
  return { audience, endpoint };
}
