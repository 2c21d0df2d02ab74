/** A rule of a server's firewall: the IPv4 addresses that can connect. */
export interface FirewallRange {
  /** Unique on the server, in upper and lower case. */
  name: string;
  startIpAddress: string;
  endIpAddress: string;
}

/**
 * The addresses of a rule in words. 0.0.0.0 to 0.0.0.0 has a meaning of Azure's own.
 *
 * Source: Microsoft Learn, firewall rules in Azure Database for PostgreSQL flexible server.
 */
export function addressText({ startIpAddress: start, endIpAddress: end }: Omit<FirewallRange, "name">): string {
  if (start !== end) {
    return `${start} to ${end}${start === "0.0.0.0" && end === "255.255.255.255" ? ", the whole Internet" : ""}`;
  }
  return start === "0.0.0.0" ? "0.0.0.0, every address inside Azure" : start;
}
