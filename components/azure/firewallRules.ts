import type { Deadline } from "../postgres/deadline.ts";
import { Failure } from "../postgres/failure.ts";
import type { FirewallRange } from "./firewallRange.ts";
import { API_VERSION, type AzureAnswer, askAzure } from "./resourceManager.ts";

/** Seconds for one page of the list. A metadata service that is being updated may take 70 of them to give a token. */
const PAGE_TIMEOUT = 100;

/**
 * Every rule of a server's firewall, from Azure's resource manager.
 *
 * Source: azure-rest-api-specs, specification/postgresql, Microsoft.DBforPostgreSQL/stable/2024-08-01, FirewallRules.json,
 * FirewallRules_ListByServer, and its example FirewallRuleListByServer.json.
 *
 * @param serverId ARM id of the server
 * @throws {Failure} of phase `token`, or `azure` with the status of Azure's refusal as its code
 */
export async function listFirewallRules(serverId: string, deadline: Deadline): Promise<FirewallRange[]> {
  const rules: FirewallRange[] = [];
  let next: string | undefined = `${serverId}/firewallRules?api-version=${API_VERSION}`;
  const seen = new Set<string>();
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    const page = await askAzure(next, AbortSignal.timeout(deadline.atMost(PAGE_TIMEOUT)));
    rules.push(...rulesOn(page));
    next = typeof page.body.nextLink === "string" && page.body.nextLink !== "" ? page.body.nextLink : undefined;
  }
  return rules;
}

function rulesOn({ status, body, error, retryAfter }: AzureAnswer): FirewallRange[] {
  if (status === 200 && Array.isArray(body.value)) {
    return body.value.map(({ name, properties }) => ({
      name: String(name),
      startIpAddress: String(properties?.startIpAddress),
      endIpAddress: String(properties?.endIpAddress),
    }));
  }
  const words = error ? `${error.code}: ${error.message}` : "the answer is not a list of firewall rules";
  throw new Failure("azure", Object.assign(new Error(words), { code: String(status) }), {
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}
