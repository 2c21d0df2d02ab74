import ipaddr from "ipaddr.js";

/** A firewall rule's worth of IPv4 addresses. */
export interface AddressRange {
  /** Name for the rule, made of the address. */
  name: string;
  startIpAddress: string;
  endIpAddress: string;
}

/**
 * An address or CIDR range as a firewall rule; undefined for what is neither, and for more than a /8 of the Internet. Of a range in which an
 * address is written, such as 10.0.0.5/24, the whole; see {@link strayAddress}.
 */
export function addressRange(text: string): AddressRange | undefined {
  const cidr = withPrefix(text);
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr) || Number(cidr.split("/")[1]) < 8) {
    return undefined;
  }
  return {
    name: `allow-${text.replace(/[^0-9]/g, "-")}`,
    startIpAddress: ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(),
    endIpAddress: ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString(),
  };
}

/** Where a range was written with an address in it, both that it may mean; such as 10.0.0.5 and 10.0.0.0/24 for 10.0.0.5/24. */
export function strayAddress(text: string): { address: string; range: string } | undefined {
  const [address = "", prefix] = withPrefix(text).split("/");
  const first = addressRange(text)?.startIpAddress;
  return first === undefined || first === ipaddr.IPv4.parse(address).toString()
    ? undefined
    : { address, range: `${first}/${prefix}` };
}

function withPrefix(text: string): string {
  return text.includes("/") ? text : `${text}/32`;
}

/** Whether the address is from a block that is reserved for documents (RFC 5737), as in an example nobody has edited. */
export function isExample(text: string): boolean {
  return /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(text);
}
