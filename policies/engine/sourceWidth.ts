import ipaddr from "ipaddr.js";

/** How wide a source may be: the length of a CIDR prefix, and of an IPv6 one. */
export interface SourceBounds {
  minimumPrefix: number;
  minimumPrefixIpv6: number;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Words and addresses that mean everybody. AzureCloud, of all regions or of one, has the machines of every customer in it. */
const EVERYBODY = /^(\*|any|internet|azurecloud(\..+)?|0\.0\.0\.0|::)$/;

/** Not routed on the Internet: who sends from there is in a network that was joined to this one. Sources: RFC 1918, RFC 6598, RFC 4193. */
const JOINED = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map((cidr) =>
  ipaddr.parseCIDR(cidr),
);

/**
 * What part of the addresses that may be let in a source of a security rule lets in: 1 is all of them, infinity everybody, and 0 none, as for a
 * private network or a service tag. A source is a word, an address, a CIDR range, or two addresses with a hyphen between them.
 */
export function sourceWidth(source: unknown, { minimumPrefix, minimumPrefixIpv6 }: SourceBounds): number {
  const word = String(source).trim().toLowerCase();
  if (EVERYBODY.test(word)) return Number.POSITIVE_INFINITY;
  const [first, last] = rangeOf(word) ?? [];
  if (!first || !last || JOINED.some((network) => isIn(first, network) && isIn(last, network))) return 0;
  const hostBits = first.kind() === "ipv4" ? 32 - minimumPrefix : 128 - minimumPrefixIpv6;
  return Number(numberOf(last) - numberOf(first) + 1n) / 2 ** hostBits;
}

function rangeOf(word: string): [Address, Address] | undefined {
  if (ipaddr.isValidCIDR(word)) {
    const kind = ipaddr.parseCIDR(word)[0].kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
    return [kind.networkAddressFromCIDR(word), kind.broadcastAddressFromCIDR(word)];
  }
  const [first = "", last = first] = word.split("-").map((part) => part.trim());
  return ipaddr.isValid(first) && ipaddr.isValid(last) ? [ipaddr.parse(first), ipaddr.parse(last)] : undefined;
}

function isIn(address: Address, network: [Address, number]): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}

function numberOf(address: Address): bigint {
  return BigInt(`0x${Buffer.from(address.toByteArray()).toString("hex")}`);
}
