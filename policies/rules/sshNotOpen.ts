import type { PolicyResource } from "@pulumi/policy";
import { all, any, anyOf, eachOf, exceeds } from "../engine/judging.ts";
import { SECURITY_GROUP, SECURITY_RULE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { type SourceBounds, sourceWidth } from "../engine/sourceWidth.ts";

type Properties = PolicyResource["props"];

type Config = SourceBounds & { ports: number[] };

export const sshNotOpen = resourceRule<Config>({
  name: "ssh-not-open",
  displayName: "SSH is closed to the world",
  description: "A network security group must let few addresses of the Internet reach SSH.",
  severity: "critical",
  remediationSteps:
    "Name the addresses that may reach SSH in sshAllowedAddresses, or none: the proof then runs by Azure's run command.",
  url: "https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview",
  framework: benchmark("NS-1", "Establish network segmentation boundaries"),
  tags: ["vm", "network"],
  builtIns: [
    { name: "Management ports should be closed on your virtual machines", id: "22730e10-96f6-4aac-ad84-9383d35b5917" },
  ],
  settings: {
    ports: {
      type: "array",
      items: { type: "integer", minimum: 1, maximum: 65535 },
      minItems: 1,
      default: [22],
      description: "TCP ports that are not to be open to the world",
    },
    minimumPrefix: {
      type: "integer",
      minimum: 8,
      maximum: 32,
      default: 24,
      description:
        "Length of the shortest CIDR prefix whose number of public addresses the sources of a rule may come to; 24 is 256 addresses",
    },
    minimumPrefixIpv6: {
      type: "integer",
      minimum: 32,
      maximum: 128,
      default: 48,
      description: "The same for IPv6; a /48 is one site",
    },
  },
  looksAt: [SECURITY_GROUP, SECURITY_RULE],
  judge: (resource, demand, config) => {
    const open = (rule: Properties) => isOpen(rule, config);
    const widest = `a /${config.minimumPrefix} (IPv6: a /${config.minimumPrefixIpv6})`;
    const { type, name, props } = resource;
    demand(
      () =>
        (SECURITY_RULE.is(type) ? open(props) : anyOf<Properties>(props.securityRules, open)) &&
        `"${name}" lets too much of the Internet reach port ${config.ports.join(", ")}; at most ${widest} is allowed.`,
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
