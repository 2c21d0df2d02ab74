import ipaddr from "ipaddr.js";

/** The widest allowed source, as lengths of an IPv4 and an IPv6 prefix. */
export interface SourceBounds {
  minimumPrefix: number;
  minimumPrefixIpv6: number;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Sources that mean the whole Internet. AzureCloud, of all regions or of one, includes the machines of every customer. */
const INTERNET = /^(\*|any|internet|azurecloud(\..+)?|0\.0\.0\.0|::)$/;

/** Ranges that are not routed on the Internet, so their senders are in a connected network. Sources: RFC 1918, RFC 6598, RFC 4193. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map((cidr) =>
  ipaddr.parseCIDR(cidr),
);

/**
 * The addresses of a source as a share of the allowed number: 1 is exactly the limit, infinity the whole Internet, 0 a private network or a
 * service tag. A source is a word, an address, a CIDR range, or two addresses with a hyphen between them.
 */
export function sourceWidth(source: unknown, { minimumPrefix, minimumPrefixIpv6 }: SourceBounds): number {
  const word = String(source).trim().toLowerCase();
  if (INTERNET.test(word)) return Number.POSITIVE_INFINITY;
  const [first, last] = rangeOf(word) ?? [];
  if (!first || !last || PRIVATE.some((network) => isIn(first, network) && isIn(last, network))) return 0;
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
