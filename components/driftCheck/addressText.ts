/**
 * Who a firewall rule lets in, in words. The meaning of 0.0.0.0 to 0.0.0.0 is Azure's own.
 *
 * Source: Microsoft Learn, firewall rules in Azure Database for PostgreSQL flexible server.
 */
export function addressText(start: string, end: string): string {
  if (start !== end) {
    return `${start} to ${end}${start === "0.0.0.0" && end === "255.255.255.255" ? ", the whole Internet" : ""}`;
  }
  return start === "0.0.0.0" ? "0.0.0.0, every address inside Azure" : start;
}
