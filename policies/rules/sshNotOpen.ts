import type { PolicyResource } from "@pulumi/policy";
import { all, any, anyOf } from "../judging.ts";
import { SECURITY_GROUP, SECURITY_RULE } from "../resourceKind.ts";
import { benchmark, resourceRule } from "../rule.ts";

type Properties = PolicyResource["props"];

export const sshNotOpen = resourceRule<{ ports: number[]; minimumPrefix: number }>({
  name: "ssh-not-open",
  displayName: "SSH is closed to the world",
  description: "A network security group must not let the whole Internet reach SSH.",
  enforcementLevel: "mandatory",
  severity: "critical",
  remediationSteps:
    "Name the addresses that may reach SSH in sshAllowedAddresses, or none: the proof then runs by Azure's run command.",
  url: "https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview",
  framework: benchmark("NS-1", "Establish network segmentation boundaries"),
  tags: ["vm", "network"],
  builtIns: [
    { name: "Management ports should be closed on your virtual machines", id: "22730e10-96f6-4aac-ad84-9383d35b5917" },
  ],
  verifiedModule: undefined,
  configSchema: {
    properties: {
      ports: {
        type: "array",
        items: { type: "integer", minimum: 1, maximum: 65535 },
        minItems: 1,
        default: [22],
        description: "TCP ports that are not to be open to the world",
      },
      minimumPrefix: {
        type: "integer",
        minimum: 1,
        maximum: 32,
        default: 8,
        description: "A source whose CIDR prefix is shorter counts as the world, as do *, Any, Internet and 0.0.0.0/0",
      },
    },
  },
  looksAt: [SECURITY_GROUP, SECURITY_RULE],
  judge: (resource, demand, config) => {
    const open = (rule: Properties) => opensToWorld(rule, config);
    const { type, name, props } = resource;
    demand(
      resource,
      () =>
        (SECURITY_RULE.is(type) ? open(props) : anyOf<Properties>(props.securityRules, open)) &&
        `"${name}" lets the whole Internet reach port ${config.ports.join(", ")}.`,
    );
  },
});

function opensToWorld(rule: Properties, config: { ports: number[]; minimumPrefix: number }): boolean {
  const isWorld = (source: unknown) => meansWorld(String(source), config.minimumPrefix);
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
      any(
        () => isWorld(rule.sourceAddressPrefix),
        () => anyOf<unknown>(rule.sourceAddressPrefixes, isWorld),
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

function meansWorld(source: string, minimumPrefix: number): boolean {
  const word = source.trim().toLowerCase();
  const prefix = /\/(\d+)$/.exec(word)?.[1];
  return (
    ["*", "any", "internet", "0.0.0.0", "::"].includes(word) || (prefix !== undefined && Number(prefix) < minimumPrefix)
  );
}
