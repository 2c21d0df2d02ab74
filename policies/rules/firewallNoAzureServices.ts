import { addresses } from "../engine/addressRange.ts";
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
  judge: ({ name, props }) => {
    const range = addresses(props.startIpAddress, props.endIpAddress);
    // Azure reads 0.0.0.0 to 0.0.0.0 as all of Azure, including other customers.
    return range?.first === 0 && range.last === 0 && `"${name}" allows all of Azure (0.0.0.0 to 0.0.0.0).`;
  },
});
