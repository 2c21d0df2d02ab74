import ipaddr from "ipaddr.js";

/** IPv4 addresses of one firewall rule. */
export interface AddressRange {
  /** Name for the rule, made of the address. */
  name: string;
  startIpAddress: string;
  endIpAddress: string;
}

/**
 * The firewall rule of an address or CIDR range; undefined for other texts, and for a range larger than a /8. A range that begins with
 * another address than its first, such as 10.0.0.5/24, becomes the whole range; see {@link rangeWithHostBits}.
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

/** Both meanings of a range that begins with another address than its first: 10.0.0.5 and 10.0.0.0/24 for 10.0.0.5/24. */
export function rangeWithHostBits(text: string): { address: string; range: string } | undefined {
  const [address = "", prefix] = withPrefix(text).split("/");
  const first = addressRange(text)?.startIpAddress;
  return first === undefined || first === ipaddr.IPv4.parse(address).toString()
    ? undefined
    : { address, range: `${first}/${prefix}` };
}

function withPrefix(text: string): string {
  return text.includes("/") ? text : `${text}/32`;
}

/** Whether the address is from a block for documentation (RFC 5737), as in an example that was not edited. */
export function isExample(text: string): boolean {
  return /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(text);
}
