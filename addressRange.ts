import ipaddr from "ipaddr.js";

/** A firewall rule's worth of IPv4 addresses. */
export interface AddressRange {
  /** Name for the rule, made of the address. */
  name: string;
  startIpAddress: string;
  endIpAddress: string;
}

/** An address or CIDR range as a firewall rule; undefined for what is neither, and for more than a /8 of the Internet. */
export function addressRange(text: string): AddressRange | undefined {
  const cidr = text.includes("/") ? text : `${text}/32`;
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr) || Number(cidr.split("/")[1]) < 8) {
    return undefined;
  }
  return {
    name: `allow-${text.replace(/[^0-9]/g, "-")}`,
    startIpAddress: ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(),
    endIpAddress: ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString(),
  };
}

/** Whether the address is from a block that is reserved for documents (RFC 5737), as in an example nobody has edited. */
export function isExample(text: string): boolean {
  return /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(text);
}
