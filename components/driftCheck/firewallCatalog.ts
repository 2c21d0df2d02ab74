import { API_VERSION, type AzureAnswer, askAzure } from "../azure/resourceManager.ts";
import type { Deadline } from "../postgres/deadline.ts";
import { Failure } from "../postgres/failure.ts";

/** A rule of a server's firewall: who may reach it. */
export interface FirewallRange {
  /** Unique on the server; capital and small letters are the same. */
  name: string;
  /** First IPv4 address. */
  startIpAddress: string;
  /** Last IPv4 address. */
  endIpAddress: string;
}

/** Seconds for one page of the list, of which a metadata service that is updated may take 70 to give a token. */
const PAGE_TIMEOUT = 100;

/**
 * Every rule of a server's firewall, as Azure lists them.
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
  const words = error ? `${error.code}: ${error.message}` : "an answer that is no list of firewall rules";
  throw new Failure("azure", Object.assign(new Error(words), { code: String(status) }), {
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}
