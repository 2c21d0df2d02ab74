import { UNKNOWN, UNKNOWN_LIST } from "../judged.ts";
import { each, PASS, type RuleCases, refuse, wait } from "./case.ts";
import { resource } from "./given.ts";

const open = {
  direction: "Inbound",
  access: "Allow",
  protocol: "Tcp",
  sourceAddressPrefix: "*",
  destinationPortRange: "22",
};
const securityGroup = resource("azure-native:network:NetworkSecurityGroup", "nsg");
const group = (securityRules: unknown) => securityGroup({ securityRules });
const securityRule = resource("azure-native:network:SecurityRule", "ssh");
const single = (changes: Record<string, unknown>) => securityRule({ ...open, ...changes });
const from = (sourceAddressPrefix: unknown, sourceAddressPrefixes?: unknown) =>
  single({ sourceAddressPrefix, sourceAddressPrefixes });
const fromAll = (prefixes: unknown) => from(undefined, prefixes);

export const sshCases: RuleCases = {
  "ssh-not-open": {
    "SSH from anywhere is refused in a group and as a rule of its own": [
      [
        group([open]),
        refuse(/^"nsg" allows .* Internet addresses to reach port 22; at most a \/24 \(IPv6: a \/48\) is allowed\.$/),
      ],
      ...each(
        [
          {},
          { protocol: "*" },
          { protocol: "TCP", access: "allow", direction: "inbound" },
          { destinationPortRange: "*" },
          { destinationPortRange: "20-30" },
          { destinationPortRange: "0-65535" },
          { destinationPortRange: undefined, destinationPortRanges: ["80", "20-22"] },
        ],
        single,
        refuse(),
      ),
    ],
    "wide sources are refused however they are written": [
      ...each(["Internet", "Any", "0.0.0.0/0", "::/0", "128.0.0.0/1", "0/0"], from, refuse()),
      ...each(["AzureCloud", "AzureCloud.WestEurope"], from, refuse()),
      ...each(["0.0.0.0-255.255.255.255", "10.0.0.0 - 192.168.0.255", "20.1.2.0-20.1.3.0"], from, refuse()),
      ...each(["20.0.0.0/8", "20.1.0.0/23", "8.0.0.0/6"], from, refuse()),
      ...each(["2000::/8", "2001:db8::/47", "2001:db8::-2001:db8:2::"], from, refuse()),
      [fromAll(["20.1.2.3", "0.0.0.0/0"]), refuse()],
      [fromAll(Array.from({ length: 256 }, (_, i) => `${i}.0.0.0/8`)), refuse()],
      [fromAll(["20.1.2.0/24", "20.1.9.9"]), refuse()],
      [from("2001:db8::/48", ["20.1.2.3"]), refuse()],
    ],
    "other ports, directions and protocols pass": [
      ...each(
        [
          { direction: "Outbound" },
          { access: "Deny" },
          { protocol: "Udp" },
          { destinationPortRange: "443" },
          { destinationPortRange: "23-30" },
          { destinationPortRange: "2222" },
          { destinationPortRange: undefined, destinationPortRanges: [] },
        ],
        single,
        PASS,
      ),
      ...each([undefined, []], group, PASS),
    ],
    "narrow sources, private networks and service tags pass": [
      ...each(["20.1.2.3", "20.1.2.0/24", "20.1.2.9/24", "20.1.2.0-20.1.2.255", "2001:db8::/48"], from, PASS),
      ...each(["VirtualNetwork", "GatewayManager"], from, PASS),
      ...each(["172.16.0.0/12", "10.0.0.0-10.255.255.255", "fd00::/8"], from, PASS),
      [fromAll(["20.1.2.0/25", "20.1.3.0/25"]), PASS],
      [fromAll(["20.1.2.3", "10.0.0.0/8"]), PASS],
    ],
    "ports and the widest source are configurable": [
      [single({ destinationPortRange: "3389" }), refuse(), { ports: [22, 3389] }],
      [single({}), PASS, { ports: [3389] }],
      [from("20.1.0.0/16"), refuse(), { minimumPrefix: 17 }],
      [from("20.1.0.0/16"), PASS, { minimumPrefix: 16 }],
      [from("2001:db8::/40"), refuse(), { minimumPrefixIpv6: 41 }],
      [from("2001:db8::/40"), PASS, { minimumPrefixIpv6: 40 }],
    ],
    "an open rule decides; otherwise an unknown value waits for up": [
      [from(UNKNOWN), wait(/sourceAddressPrefix of "ssh"/)],
      [single({ sourceAddressPrefix: UNKNOWN, access: "Deny" }), PASS],
      [from(UNKNOWN, ["*"]), refuse()],
      [from("*", UNKNOWN_LIST), refuse()],
      [fromAll([UNKNOWN, "20.1.2.0/24", "20.1.3.0/24"]), refuse()],
      [fromAll(UNKNOWN_LIST), wait(/sourceAddressPrefixes of "ssh"/)],
      [group([UNKNOWN, open]), refuse()],
      [group([{ ...open, sourceAddressPrefix: UNKNOWN }, open]), refuse()],
      [
        group([
          { ...open, access: "Deny" },
          { ...open, protocol: UNKNOWN },
        ]),
        wait(/securityRules\.1\.protocol of "nsg"/),
      ],
      [group(UNKNOWN_LIST), wait(/securityRules of "nsg"/)],
    ],
  },
};
