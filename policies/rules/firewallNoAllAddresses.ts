import { addresses } from "../engine/addressRange.ts";
import { FIREWALL_RULE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

/** Half of all IPv4 addresses, so that a range that is slightly smaller than the Internet is refused as well. */
const HALF = 2 ** 31;

export const firewallNoAllAddresses = resourceRule({
  name: "firewall-no-all-addresses",
  displayName: "No rule for the whole Internet",
  description: "A firewall rule must never allow the whole Internet to connect, whatever width is configured.",
  severity: "critical",
  remediationSteps: "Remove the rule, and name the addresses that need to reach the server in allowedAddresses.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-firewall-rules",
  framework: benchmark("NS-2", "Secure cloud services with network controls"),
  tags: ["server", "network"],
  verifiedModule: "no rule (firewallRules is empty)",
  looksAt: [FIREWALL_RULE],
  judge: ({ name, props: { startIpAddress, endIpAddress } }) => {
    const range = addresses(startIpAddress, endIpAddress);
    const isAll = range !== undefined && range.last - range.first >= HALF - 1;
    return isAll && `"${name}" opens the server to the whole Internet (${startIpAddress} to ${endIpAddress}).`;
  },
});
