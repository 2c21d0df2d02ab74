import { addresses } from "../engine/addressRange.ts";
import { FIREWALL_RULE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { integer } from "../engine/setting.ts";

export const firewallNoWideRange = resourceRule<{ minimumPrefix: number }>({
  name: "firewall-no-wide-range",
  displayName: "Firewall rules are narrow",
  description: "A firewall rule of the server must allow few addresses.",
  severity: "high",
  remediationSteps: "Name single addresses or a small range in allowedAddresses, or use a private endpoint.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-firewall-rules",
  framework: benchmark("NS-2", "Secure cloud services with network controls"),
  tags: ["server", "network"],
  verifiedModule: "no rule (firewallRules is empty)",
  settings: {
    minimumPrefix: integer(
      8,
      32,
      24,
      "Length of the shortest CIDR prefix whose number of addresses a rule may allow; 24 is 256 addresses",
    ),
  },
  looksAt: [FIREWALL_RULE],
  judge: ({ name, props: { startIpAddress, endIpAddress } }, { minimumPrefix }) => {
    const range = addresses(startIpAddress, endIpAddress);
    if (!range || range.last < range.first) {
      return `"${name}" is not a range of IPv4 addresses: ${startIpAddress} to ${endIpAddress}.`;
    }
    const [count, most] = [range.last - range.first + 1, 2 ** (32 - minimumPrefix)];
    return (
      count > most &&
      `"${name}" allows ${count} addresses, ${startIpAddress} to ${endIpAddress}; at most ${most} are allowed (a /${minimumPrefix}).`
    );
  },
});
