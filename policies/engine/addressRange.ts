import { isIPv4 } from "node:net";

/** The first and last address of a firewall rule as numbers; undefined where one is not an IPv4 address. */
export function addresses(start: unknown, end: unknown): { first: number; last: number } | undefined {
  const [first, last] = [start, end].map(toNumber);
  return first === undefined || last === undefined ? undefined : { first, last };
}

function toNumber(address: unknown): number | undefined {
  if (typeof address !== "string" || !isIPv4(address)) return undefined;
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}
