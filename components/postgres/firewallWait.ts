import { ruleFor } from "../azure/ruleFor.ts";
import type { Deadline } from "./deadline.ts";
import type { Subject } from "./errorLocation.ts";
import type { Failure } from "./failure.ts";
import { RETRY_TABLE, type RetryRule } from "./retryTable.ts";

/** Azure's firewall takes up to five minutes to follow its rules. Source: Microsoft Learn, firewall rules of flexible servers. */
const LISTED: RetryRule = { waitingFor: "a firewall rule to take effect, which Azure lists", pause: [2, 15] };

/** The IPv4 address that the firewall refused, as the server names it. */
export function refusedAddress({ message }: Failure): string | undefined {
  return /for host "([^"]+)"/.exec(message)?.[1];
}

/**
 * How an operation retries. A refusal by the firewall is retried until the deadline while Azure lists a rule that allows the address, and never
 * without such a rule. Where Azure cannot be asked, and for every other failure, the table says how.
 */
export function retriesOf({ serverId }: Pick<Subject, "serverId">) {
  let listed = false;
  return async (failure: Failure, deadline: Deadline): Promise<RetryRule | undefined> => {
    const code = failure.errorCode;
    if (code === "EP-PG-03" && serverId && !listed) {
      const address = refusedAddress(failure);
      const rule = address === undefined ? undefined : await ruleFor(serverId, address, deadline);
      if (rule === "none") return undefined;
      listed = rule !== undefined;
    }
    return code === "EP-PG-03" && listed ? LISTED : code && RETRY_TABLE[code];
  };
}
