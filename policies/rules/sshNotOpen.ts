import type { PolicyResource } from "@pulumi/policy";
import { all, any, anyOf, eachOf, exceeds } from "../engine/judging.ts";
import { SECURITY_GROUP, SECURITY_RULE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { integer, list } from "../engine/setting.ts";
import { type SourceBounds, sourceWidth } from "../engine/sourceWidth.ts";

type Properties = PolicyResource["props"];

type Config = SourceBounds & { ports: number[] };

export const sshNotOpen = resourceRule<Config>({
  name: "ssh-not-open",
  displayName: "SSH is closed to the Internet",
  description: "A network security group must allow few Internet addresses to reach SSH.",
  severity: "critical",
  remediationSteps:
    "Name the addresses that may reach SSH in sshAllowedAddresses, or name none: the connection test then runs through Azure's run command.",
  url: "https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview",
  framework: benchmark("NS-1", "Establish network segmentation boundaries"),
  tags: ["vm", "network"],
  builtIns: {
    "22730e10-96f6-4aac-ad84-9383d35b5917": "Management ports should be closed on your virtual machines",
  },
  settings: {
    ports: list(
      { type: "integer", minimum: 1, maximum: 65535 },
      [22],
      "TCP ports that must not be open to the Internet",
      1,
    ),
    minimumPrefix: integer(
      8,
      32,
      24,
      "Length of the shortest CIDR prefix whose number of public addresses the sources of a rule may have together; 24 is 256 addresses",
    ),
    minimumPrefixIpv6: integer(32, 128, 48, "The same for IPv6; a /48 is one site"),
  },
  looksAt: [SECURITY_GROUP, SECURITY_RULE],
  judge: ({ type, name, props }, config) => {
    const open = (rule: Properties) => isOpen(rule, config);
    const widest = `a /${config.minimumPrefix} (IPv6: a /${config.minimumPrefixIpv6})`;
    return (
      (SECURITY_RULE.is(type) ? open(props) : anyOf<Properties>(props.securityRules, open)) &&
      `"${name}" allows too many Internet addresses to reach port ${config.ports.join(", ")}; at most ${widest} is allowed.`
    );
  },
});

function isOpen(rule: Properties, config: Config): boolean {
  const sources = [() => rule.sourceAddressPrefix, ...eachOf<unknown>(() => rule.sourceAddressPrefixes)];
  const holdsPort = (range: unknown) => config.ports.some((port) => holds(String(range), port));
  return all(
    () => String(rule.direction).toLowerCase() === "inbound",
    () => String(rule.access).toLowerCase() === "allow",
    () => ["tcp", "*"].includes(String(rule.protocol).toLowerCase()),
    () =>
      any(
        () => holdsPort(rule.destinationPortRange),
        () => anyOf<unknown>(rule.destinationPortRanges, holdsPort),
      ),
    () =>
      exceeds(
        1,
        sources.map((source) => () => sourceWidth(source(), config)),
      ),
  );
}

/** Whether `22`, `20-30`, `*` or a list of such holds the port. */
function holds(ranges: string, port: number): boolean {
  return ranges.split(",").some((range) => {
    const [first = "", last = first] = range.trim().split("-");
    return first === "*" || (Number(first) <= port && port <= Number(last));
  });
}
