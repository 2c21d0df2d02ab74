import { addresses } from "../engine/addressRange.ts";
import { FIREWALL_RULE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

/** Addresses of half the Internet: an end moved a little makes no narrow rule of it. */
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
  judge: (rule, demand) => {
    demand(() => {
      const { startIpAddress, endIpAddress } = rule.props;
      const range = addresses(startIpAddress, endIpAddress);
      return (
        range !== undefined &&
        range.last - range.first >= HALF - 1 &&
        `"${rule.name}" opens the server to the whole Internet (${startIpAddress} to ${endIpAddress}).`
      );
    });
  },
});
