import { addresses, isAllOfAzure } from "../engine/addressRange.ts";
import { FIREWALL_RULE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const firewallNoAzureServices = resourceRule({
  name: "firewall-no-azure-services",
  displayName: 'No "allow Azure services"',
  description: "A firewall rule must not allow all of Azure: that includes the machines of every other customer.",
  severity: "high",
  remediationSteps:
    "Remove the rule 0.0.0.0 to 0.0.0.0, and name the machine's own public address, or use a private endpoint.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/network/concepts-networking-public",
  framework: benchmark("NS-2", "Secure cloud services with network controls"),
  tags: ["server", "network"],
  verifiedModule: "no rule (firewallRules is empty)",
  looksAt: [FIREWALL_RULE],
  judge: (rule, demand) => {
    demand(() => {
      const range = addresses(rule.props.startIpAddress, rule.props.endIpAddress);
      return range !== undefined && isAllOfAzure(range) && `"${rule.name}" allows all of Azure (0.0.0.0 to 0.0.0.0).`;
    });
  },
});
